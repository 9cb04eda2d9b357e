// Countdowns and the clock in the top bar go on while the page stands open. The server wrote the first text.
import { once } from "./once.js";

const fill = (text, values) => text.replace(/%\((\w+)\)s/g, (_, name) => values[name]);

function span(minutes, words) {
  if (minutes >= 2880) return fill(words.days, { n: Math.floor(minutes / 1440) });
  if (minutes >= 60) return fill(words.hours, { h: Math.floor(minutes / 60), m: minutes % 60 });
  return fill(words.minutes, { m: minutes });
}

function tick(element) {
  const words = element.dataset;
  const left = (new Date(element.dateTime) - Date.now()) / 60000;
  const minutes = Math.floor(Math.abs(left));
  const text = minutes === 0 ? words.now : fill(left > 0 ? words.in : words.ago, { span: span(minutes, words) });
  if (element.textContent !== text) element.textContent = text;
}

function show(element) {
  try {
    const format = new Intl.DateTimeFormat("en-GB", { timeZone: element.dataset.clock, hour: "2-digit", minute: "2-digit" });
    element.textContent = format.format(new Date());
  } catch {
    // A zone this browser does not know keeps the server's text.
  }
}

export function clocks(root) {
  for (const element of once(root, "[data-countdown]")) {
    tick(element);
    setInterval(tick, 15000, element);
  }
  for (const element of once(root, "[data-clock]")) {
    show(element);
    setInterval(show, 15000, element);
  }
}
