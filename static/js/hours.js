// The grid of weekly half-hours: drag, hold and drag on touch, Shift for ranges, arrow keys, copy a day.
// The check boxes stay what they are; this only ticks them.
import { once } from "./once.js";

const HALVES = 48;
const HOLD = 280;

class Grid {
  constructor(root) {
    this.root = root;
    this.boxes = [...root.querySelectorAll("td input")].sort((a, b) => a.value - b.value);
    this.anchor = null;
    this.order = root.dataset.order.split(",").map(Number); // weekdays in the order of the columns
    this.table = root.querySelector("table");
    this.rove(this.boxes.find((box) => box.checked) ?? this.boxes[8 * 2]);
    this.pointer();
    this.keys();
    this.tools();
    root.addEventListener("change", () => this.total());
    this.reveal();
    this.total();
  }

  place(box) {
    return { column: this.order.indexOf(Math.floor(box.value / HALVES)), half: box.value % HALVES };
  }

  at(column, half) {
    return this.boxes[this.order[column] * HALVES + half];
  }

  day(weekday) {
    return this.boxes.slice(weekday * HALVES, (weekday + 1) * HALVES);
  }

  // One tab stop for the whole grid.
  rove(box) {
    for (const other of this.boxes) other.tabIndex = -1;
    box.tabIndex = 0;
    this.current = box;
  }

  reveal() {
    const first = this.boxes.filter((box) => box.checked).map((box) => box.value % HALVES);
    const half = Math.max(0, Math.min(...(first.length ? first : [16])) - 2);
    const scroller = this.root.querySelector("[data-hours-scroll]");
    const row = this.at(0, half).closest("tr");
    scroller.scrollTop = row.offsetTop - this.table.tHead.offsetHeight;
  }

  range(from, to) {
    const a = this.place(from);
    const b = this.place(to);
    const cells = [];
    for (let column = Math.min(a.column, b.column); column <= Math.max(a.column, b.column); column += 1) {
      for (let half = Math.min(a.half, b.half); half <= Math.max(a.half, b.half); half += 1) cells.push(this.at(column, half));
    }
    return cells;
  }

  changed() {
    this.root.dispatchEvent(new Event("change", { bubbles: true }));
  }

  total() {
    const line = this.root.querySelector("[data-total]");
    const hours = this.boxes.filter((box) => box.checked).length / 2;
    const text = line.dataset.text.replace("%s", hours.toLocaleString(document.documentElement.lang || undefined));
    if (line.textContent !== text) line.textContent = text;
  }

  pointer() {
    let stroke = null;
    let holding = 0;

    const cell = (x, y) => document.elementFromPoint(x, y)?.closest("td")?.querySelector("input");

    const begin = (box) => {
      stroke = { from: box, on: !box.checked, before: this.boxes.map((each) => each.checked) };
      this.root.classList.add("painting");
      paint(box);
    };

    const paint = (box) => {
      this.boxes.forEach((each, n) => { each.checked = stroke.before[n]; });
      for (const each of this.range(stroke.from, box)) if (!each.disabled) each.checked = stroke.on;
      this.total();
    };

    const end = () => {
      clearTimeout(holding);
      if (!stroke) return;
      this.anchor = stroke.from;
      stroke = null;
      this.root.classList.remove("painting");
      this.changed();
    };

    this.table.addEventListener("pointerdown", (event) => {
      const box = event.target.closest("td")?.querySelector("input");
      if (!box || event.button !== 0) return;
      if (event.pointerType === "touch") {
        holding = setTimeout(begin, HOLD, box);
        return;
      }
      if (event.shiftKey && this.anchor) {
        const on = this.anchor.checked;
        for (const each of this.range(this.anchor, box)) each.checked = on;
        this.changed();
        return;
      }
      begin(box);
      this.rove(box);
    });
    // The press already ticked the box; the click that follows it must not untick it.
    this.table.addEventListener("click", (event) => {
      if (event.detail && event.pointerType !== "touch" && event.target.closest("td")) {
        event.preventDefault();
        event.target.closest("td").querySelector("input").focus({ preventScroll: true });
      }
    });
    document.addEventListener("pointermove", (event) => {
      if (event.pointerType === "touch" && !stroke) return;
      const box = stroke && cell(event.clientX, event.clientY);
      if (box && this.root.contains(box)) paint(box);
    });
    document.addEventListener("pointerup", end);
    document.addEventListener("pointercancel", () => {
      clearTimeout(holding);
      if (stroke) end();
    });
    // While a finger paints, the page stands still; before that it scrolls as ever.
    this.table.addEventListener("touchmove", (event) => {
      if (stroke) event.preventDefault();
      else clearTimeout(holding);
    }, { passive: false });
    this.table.addEventListener("contextmenu", (event) => { if (stroke) event.preventDefault(); });
    this.table.addEventListener("touchend", (event) => { if (stroke) event.preventDefault(); }, { passive: false });
  }

  keys() {
    const forward = getComputedStyle(this.root).direction === "rtl" ? -1 : 1;
    const moves = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-forward, 0], ArrowRight: [forward, 0], PageUp: [0, -4], PageDown: [0, 4] };
    this.table.addEventListener("keydown", (event) => {
      const box = event.target.closest("td input");
      if (!box) return;
      const { column, half } = this.place(box);
      let target = null;
      if (event.key === " " && event.shiftKey && this.anchor) {
        event.preventDefault();
        for (const each of this.range(this.anchor, box)) each.checked = this.anchor.checked;
        this.changed();
        return;
      }
      if (event.key === " ") this.anchor = box;
      if (moves[event.key]) {
        const [days, halves] = moves[event.key];
        target = this.at(Math.min(6, Math.max(0, column + days)), Math.min(HALVES - 1, Math.max(0, half + halves)));
      } else if (event.key === "Home") target = this.at(0, half);
      else if (event.key === "End") target = this.at(6, half);
      if (!target) return;
      event.preventDefault();
      if (event.shiftKey && target !== box) {
        target.checked = box.checked;
        this.changed();
      }
      this.rove(target);
      target.focus();
      target.closest("td").scrollIntoView({ block: "nearest", inline: "nearest" });
    });
    this.table.addEventListener("focusin", (event) => {
      const box = event.target.closest("td input");
      if (box) {
        this.rove(box);
        this.anchor ??= box;
      }
    });
  }

  tools() {
    const tools = this.root.querySelector("[data-hours-tools]");
    const chosen = () => this.day(Number(tools.querySelector("[data-from]").value));
    tools.hidden = false;
    tools.querySelector("[data-copy-day]").addEventListener("click", () => {
      const from = chosen().map((box) => box.checked);
      for (const to of tools.querySelector("[data-to]").value.split(",").map(Number)) {
        this.day(to).forEach((box, half) => { box.checked = from[half]; });
      }
      this.changed();
    });
    const fill = tools.querySelector("[data-fill-day]");
    fill.addEventListener("click", () => {
      const [start, end] = fill.dataset.fillDay.split(",").map(Number);
      for (const box of chosen().slice(start, end)) box.checked = true;
      this.changed();
    });
    tools.querySelector("[data-clear-day]").addEventListener("click", () => {
      for (const box of chosen()) box.checked = false;
      this.changed();
    });
    tools.querySelector("[data-clear]").addEventListener("click", () => {
      for (const box of this.boxes) box.checked = false;
      this.changed();
    });
  }
}

export function hours(root) {
  for (const element of once(root, "[data-hours-grid]")) new Grid(element);
}
