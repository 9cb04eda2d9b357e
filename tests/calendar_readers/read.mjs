// Reads a calendar on standard input and answers, per event: its id, its start and end, and what a clock on the wall of
// the zone named in the event's comment shows then. Zones are Node's own, a copy that isn't ours.
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, "utf8")));
const events = calendar.getAllSubcomponents("vevent").map((part) => {
  const event = new ICAL.Event(part);
  const start = event.startDate.toJSDate();
  const zone = /(\S+\/\S+)$/m.exec(event.description.split("\n")[0])[1];
  const wall = new Intl.DateTimeFormat("sv-SE", {
    timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
  }).format(start);
  return {
    uid: event.uid, start: start.toISOString(), end: event.endDate.toJSDate().toISOString(), wall, zone,
    summary: event.summary, sequence: part.getFirstPropertyValue("sequence"),
  };
});
const properties = [...new Set(calendar.getAllSubcomponents("vevent").flatMap((e) => e.getAllProperties().map((p) => p.name)))];
process.stdout.write(JSON.stringify({ events, properties, method: calendar.getFirstPropertyValue("method") }));
