// The elements that match, inside root or root itself, each only the first time it is asked for.
const known = new WeakMap();

export function once(root, selector, name = selector) {
  const found = [...root.querySelectorAll(selector)];
  if (root instanceof Element && root.matches(selector)) found.unshift(root);
  return found.filter((element) => {
    const names = known.get(element) ?? new Set();
    if (names.has(name)) return false;
    known.set(element, names.add(name));
    return true;
  });
}
