// Which keys a control uses itself. What listens to keys of the whole page leaves it those, and no others.

// Letters choose an option of a list, and Escape closes it.
const WRITING = "textarea, select, [contenteditable]";
const SILENT = /^(button|checkbox|color|file|image|reset|submit)$/; // types of inputs without text
const MOVES = /^(Arrow\w+|Home|End|PageUp|PageDown)$/;
const PRESS = /^( |Enter)$/;

/** Return whether `element`, which has the focus, uses `key` itself. */
export function usesKey(element, key) {
  if (element.matches(WRITING)) return true;
  if (element.matches("button, summary")) return PRESS.test(key);
  if (!element.matches("input")) return false;
  if (/^(range|radio)$/.test(element.type)) return MOVES.test(key) || PRESS.test(key);
  return !SILENT.test(element.type) || PRESS.test(key);
}
