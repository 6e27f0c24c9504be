// Start a viewer in every element with the attribute data-viewer, and a slideshow in every element
// with data-slides.

import { Slideshow } from "./slideshow.js";
import { Viewer } from "./viewer.js";

for (const root of document.querySelectorAll("[data-viewer]")) root.viewer = new Viewer(root);
for (const root of document.querySelectorAll("[data-slides]")) new Slideshow(root);
