import type { Wording } from "./wording.ts";

const weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const nth = ["last", "first", "second", "third", "fourth", "fifth"];

const twoDigits = (value: number): string => String(value).padStart(2, "0");
const ordinal = (value: number): string => {
  const teen = value % 100 > 10 && value % 100 < 14;
  return value + (teen ? "th" : (["th", "st", "nd", "rd"][value % 10] ?? "th"));
};

export const english: Wording = {
  list: (items, word) => (items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} ${word} ${items.at(-1)}`),
  range: (from, to) => `${from} to ${to}`,
  clock: (hour, minute, second) => `${twoDigits(hour)}:${twoDigits(minute)}${second === null ? "" : `:${twoDigits(second)}`}`,
  times: (times) => `at ${times}`,
  every: (step, unit) => (step === 1 ? `every ${unit}` : `every ${step} ${unit}s`),
  everyFrom: (step, unit, from) => `every ${step} ${unit}s from ${unit} ${from} on`,
  within: (what, hours) => `${what} during ${hours}`,
  fullHours: (hours) => `at every full hour of ${hours}`,
  minutesPast: (minutes, hours) => `at ${minutes} minutes past ${hours ?? "every hour"}`,
  atSeconds: (seconds) => `at second ${seconds} of`,
  weekday: (day) => weekdays[day] as string,
  month: (month) => months[month - 1] as string,
  onDays: (days) => `on ${days}`,
  dayOfMonth: (day) => `the ${ordinal(day)}`,
  fromLast: (back) =>
    back === 0
      ? "the last day of the month"
      : back === 1
        ? "the day before the last day of the month"
        : `${back} days before the last day of the month`,
  nearestWeekday: (day) => `the weekday nearest ${day}`,
  nthWeekday: (index, day) => `the ${nth[index]} ${day} of the month`,
  everyNthDay: (step, from) => `every ${ordinal(step)} day from the ${ordinal(from)} on`,
  bothDays: (day, weekday) => `${day}, if it is ${weekday}`,
  inMonths: (names) => `in ${names}`,
  inYears: (years) => `in ${years}`,
  placeInMonth: (place) => (place > 0 ? `the ${ordinal(place)}` : place === -1 ? "the last" : `the ${ordinal(-place)} to last`),
  inZone: (sentence, zone) => `${sentence} (${zone})`,
};
