// Start a viewer in every element with the attribute data-viewer, a slideshow in every element with
// data-slides, and an album in every element with data-album.

import { Album } from "./album.js";
import { Slideshow } from "./slideshow.js";
import { Viewer } from "./viewer.js";

for (const root of document.querySelectorAll("[data-viewer]")) root.viewer = new Viewer(root);
for (const root of document.querySelectorAll("[data-slides]")) new Slideshow(root);
for (const root of document.querySelectorAll("[data-album]")) new Album(root);
