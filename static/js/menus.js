// Menus are <details>: they close on Escape, on a click elsewhere and when another one opens.
import { once } from "./once.js";

export function menus(root) {
  for (const menu of once(root, "details.menu")) {
    menu.addEventListener("toggle", () => {
      if (!menu.open) return;
      for (const other of document.querySelectorAll("details.menu[open]")) if (other !== menu) other.open = false;
    });
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  }
  if (root !== document) return;
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  // Facets stand open beside the results on a wide screen and closed above them on a narrow one.
  const narrow = window.matchMedia("(max-width: 59.99rem)");
  const fold = () => {
    for (const shell of document.querySelectorAll("details.facet-shell")) shell.open = !narrow.matches;
  };
  narrow.addEventListener("change", fold);
  fold();
}
