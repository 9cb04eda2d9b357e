// On a phone tabs stand in one line that scrolls sideways: the current one is brought into its middle.
export function tabs(root) {
  for (const bar of root.querySelectorAll(".tabs")) {
    const current = bar.querySelector("[aria-current]");
    if (!current || bar.scrollWidth <= bar.clientWidth) continue;
    const [outer, inner] = [bar.getBoundingClientRect(), current.getBoundingClientRect()];
    bar.scrollLeft += inner.left + inner.width / 2 - (outer.left + outer.width / 2);
  }
}
