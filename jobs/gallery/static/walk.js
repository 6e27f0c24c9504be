// The keyboard in a timeline.

/** Arrow keys move between photos, Home and End go to the first and last one of all. */
export function walkByKeys(grid) {
  const focus = async (period, index) => {
    const link = await grid.reach(period, index);
    if (!link) return;
    link.focus({ preventScroll: true });
    link.scrollIntoView({ block: "nearest", behavior: "instant" });
    grid.ask();
  };
  grid.element.addEventListener("focusin", ({ target }) => {
    if (!target.dataset.period) return;
    grid.lastFocused = target;
    grid.ask();
  });
  grid.element.addEventListener("keydown", (event) => {
    const { period: name, index: text } = event.target.dataset;
    if (!name || event.ctrlKey || event.metaKey || event.altKey) return;
    const number = grid.periods.findIndex((period) => period.name === name);
    const period = grid.periods[number];
    const index = Number(text);
    const older = grid.periods[number + 1];
    const newer = grid.periods[number - 1];
    const go = {
      ArrowRight: () => (index + 1 < period.count ? focus(period, index + 1) : older && focus(older, 0)),
      ArrowLeft: () => (index ? focus(period, index - 1) : newer && focus(newer, newer.count - 1)),
      ArrowDown: () => {
        const below = period.indexBeside(index, 1);
        if (below >= 0) return focus(period, below);
        return period.shown < period.count ? focus(period, period.shown) : older && focus(older, 0);
      },
      ArrowUp: () => {
        const above = period.indexBeside(index, -1);
        return above >= 0 ? focus(period, above) : newer && focus(newer, newer.count - 1);
      },
      Home: () => focus(grid.periods[0], 0),
      End: () => focus(grid.periods.at(-1), grid.periods.at(-1).count - 1),
    }[event.key];
    if (!go) return;
    event.preventDefault();
    go();
  });
}
