// What makes the pages better with a script; every one of them works without. Each module looks for its own data-
// attributes, at the start and in whatever htmx brings later.
import { autosave } from "./autosave.js";
import { board } from "./board.js";
import { clocks } from "./clocks.js";
import { copying } from "./copy.js";
import { hours } from "./hours.js";
import { menus } from "./menus.js";
import { ranking } from "./ranking.js";
import { summaries } from "./summaries.js";
import { tabs } from "./tabs.js";
import { zones } from "./zones.js";

document.documentElement.classList.add("js");

const pieces = [board, menus, summaries, autosave, clocks, copying, hours, ranking, tabs, zones];

function start(root) {
  for (const piece of pieces) piece(root);
}

start(document);
document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt !== document.body) start(event.detail.elt);
});
