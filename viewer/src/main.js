// Everything on the page that asks for a viewer gets one.

import { Viewer } from "./viewer.js";

for (const root of document.querySelectorAll("[data-viewer]")) new Viewer(root);
