// Start a viewer in every element with the attribute data-viewer.

import { Viewer } from "./viewer.js";

for (const root of document.querySelectorAll("[data-viewer]")) root.viewer = new Viewer(root);
