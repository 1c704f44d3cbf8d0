import { describe, expect, it } from "vitest";
import { dates, fires, from2September, range, zoned } from "./listings.ts";

/**
 * All examples of RFC 5545, section 3.8.5.3, in its order; where it ends in "..." the dates it lists are the first ones. Rules and dates were compared one
 * by one with the published text, https://www.rfc-editor.org/rfc/rfc5545.txt, pages 123 to 132.
 */
const examples: [string, string, string[], "ends" | "goes on"][] = [
  ["daily for 10 occurrences", from2September("FREQ=DAILY;COUNT=10"), range("1997-09-02", "1997-09-11"), "ends"],
  ["daily until December 24", from2September("FREQ=DAILY;UNTIL=19971224T000000Z"), range("1997-09-02", "1997-12-23"), "ends"],
  ["every other day", from2September("FREQ=DAILY;INTERVAL=2"), range("1997-09-02", "1997-12-03", 2), "goes on"],
  ["every 10 days, 5 occurrences", from2September("FREQ=DAILY;INTERVAL=10;COUNT=5"), dates("1997-09: 2 12 22\n1997-10: 2 12"), "ends"],
  [
    "every day in January, by YEARLY",
    zoned("19980101T090000", "FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA"),
    [...range("1998-01-01", "1998-01-31"), ...range("1999-01-01", "1999-01-31"), ...range("2000-01-01", "2000-01-31")],
    "ends",
  ],
  [
    "every day in January, by DAILY",
    zoned("19980101T090000", "FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1"),
    [...range("1998-01-01", "1998-01-31"), ...range("1999-01-01", "1999-01-31"), ...range("2000-01-01", "2000-01-31")],
    "ends",
  ],
  ["weekly for 10 occurrences", from2September("FREQ=WEEKLY;COUNT=10"), range("1997-09-02", "1997-11-04", 7), "ends"],
  ["weekly until December 24", from2September("FREQ=WEEKLY;UNTIL=19971224T000000Z"), range("1997-09-02", "1997-12-23", 7), "ends"],
  ["every other week", from2September("FREQ=WEEKLY;INTERVAL=2;WKST=SU"), range("1997-09-02", "1998-02-17", 14), "goes on"],
  ...["UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH", "COUNT=10;WKST=SU;BYDAY=TU,TH"].map((rest): [string, string, string[], "ends"] => [
    `weekly on Tuesday and Thursday for five weeks, ${rest.slice(0, 5)}`,
    from2September(`FREQ=WEEKLY;${rest}`),
    dates("1997-09: 2 4 9 11 16 18 23 25 30\n1997-10: 2"),
    "ends",
  ]),
  [
    "every other week on Monday, Wednesday and Friday until December 24",
    zoned("19970901T090000", "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR"),
    dates("1997-09: 1 3 5 15 17 19 29\n1997-10: 1 3 13 15 17 27 29 31\n1997-11: 10 12 14 24 26 28\n1997-12: 8 10 12 22"),
    "ends",
  ],
  [
    "every other week on Tuesday and Thursday, 8 occurrences",
    from2September("FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH"),
    dates("1997-09: 2 4 16 18 30\n1997-10: 2 14 16"),
    "ends",
  ],
  [
    "monthly on the first Friday, 10 occurrences",
    zoned("19970905T090000", "FREQ=MONTHLY;COUNT=10;BYDAY=1FR"),
    dates("1997-09: 5\n1997-10: 3\n1997-11: 7\n1997-12: 5\n1998-01: 2\n1998-02: 6\n1998-03: 6\n1998-04: 3\n1998-05: 1\n1998-06: 5"),
    "ends",
  ],
  [
    "monthly on the first Friday until December 24",
    zoned("19970905T090000", "FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR"),
    dates("1997-09: 5\n1997-10: 3\n1997-11: 7\n1997-12: 5"),
    "ends",
  ],
  [
    "every other month on the first and last Sunday, 10 occurrences",
    zoned("19970907T090000", "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU"),
    dates("1997-09: 7 28\n1997-11: 2 30\n1998-01: 4 25\n1998-03: 1 29\n1998-05: 3 31"),
    "ends",
  ],
  [
    "monthly on the second-to-last Monday for 6 months",
    zoned("19970922T090000", "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO"),
    dates("1997-09: 22\n1997-10: 20\n1997-11: 17\n1997-12: 22\n1998-01: 19\n1998-02: 16"),
    "ends",
  ],
  [
    "monthly on the third-to-the-last day",
    zoned("19970928T090000", "FREQ=MONTHLY;BYMONTHDAY=-3"),
    dates("1997-09: 28\n1997-10: 29\n1997-11: 28\n1997-12: 29\n1998-01: 29\n1998-02: 26"),
    "goes on",
  ],
  [
    "monthly on the 2nd and 15th, 10 occurrences",
    from2September("FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15"),
    dates("1997-09: 2 15\n1997-10: 2 15\n1997-11: 2 15\n1997-12: 2 15\n1998-01: 2 15"),
    "ends",
  ],
  [
    "monthly on the first and last day, 10 occurrences",
    zoned("19970930T090000", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1"),
    dates("1997-09: 30\n1997-10: 1 31\n1997-11: 1 30\n1997-12: 1 31\n1998-01: 1 31\n1998-02: 1"),
    "ends",
  ],
  [
    "every 18 months on the 10th to 15th, 10 occurrences",
    zoned("19970910T090000", "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15"),
    dates("1997-09: 10 11 12 13 14 15\n1999-03: 10 11 12 13"),
    "ends",
  ],
  [
    "every Tuesday, every other month",
    from2September("FREQ=MONTHLY;INTERVAL=2;BYDAY=TU"),
    dates("1997-09: 2 9 16 23 30\n1997-11: 4 11 18 25\n1998-01: 6 13 20 27\n1998-03: 3 10 17 24 31"),
    "goes on",
  ],
  [
    "yearly in June and July, 10 occurrences",
    zoned("19970610T090000", "FREQ=YEARLY;COUNT=10;BYMONTH=6,7"),
    dates(
      "1997-06: 10\n1997-07: 10\n1998-06: 10\n1998-07: 10\n1999-06: 10\n1999-07: 10\n2000-06: 10\n2000-07: 10\n2001-06: 10\n2001-07: 10",
    ),
    "ends",
  ],
  [
    "every other year in January, February and March, 10 occurrences",
    zoned("19970310T090000", "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3"),
    dates(
      "1997-03: 10\n1999-01: 10\n1999-02: 10\n1999-03: 10\n2001-01: 10\n2001-02: 10\n2001-03: 10\n2003-01: 10\n2003-02: 10\n2003-03: 10",
    ),
    "ends",
  ],
  [
    "every third year on the 1st, 100th and 200th day, 10 occurrences",
    zoned("19970101T090000", "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200"),
    dates("1997-01: 1\n1997-04: 10\n1997-07: 19\n2000-01: 1\n2000-04: 9\n2000-07: 18\n2003-01: 1\n2003-04: 10\n2003-07: 19\n2006-01: 1"),
    "ends",
  ],
  [
    "every 20th Monday of the year",
    zoned("19970519T090000", "FREQ=YEARLY;BYDAY=20MO"),
    dates("1997-05: 19\n1998-05: 18\n1999-05: 17"),
    "goes on",
  ],
  [
    "Monday of week 20",
    zoned("19970512T090000", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO"),
    dates("1997-05: 12\n1998-05: 11\n1999-05: 17"),
    "goes on",
  ],
  [
    "every Thursday in March",
    zoned("19970313T090000", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH"),
    dates("1997-03: 13 20 27\n1998-03: 5 12 19 26\n1999-03: 4 11 18 25"),
    "goes on",
  ],
  [
    "every Thursday in June, July and August",
    zoned("19970605T090000", "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8"),
    dates(`1997-06: 5 12 19 26\n1997-07: 3 10 17 24 31\n1997-08: 7 14 21 28
      1998-06: 4 11 18 25\n1998-07: 2 9 16 23 30\n1998-08: 6 13 20 27
      1999-06: 3 10 17 24\n1999-07: 1 8 15 22 29\n1999-08: 5 12 19 26`),
    "goes on",
  ],
  [
    "every Friday the 13th",
    "DTSTART;TZID=America/New_York:19970902T090000\nEXDATE;TZID=America/New_York:19970902T090000\nRRULE:FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
    dates("1998-02: 13\n1998-03: 13\n1998-11: 13\n1999-08: 13\n2000-10: 13"),
    "goes on",
  ],
  [
    "the first Saturday that follows the first Sunday",
    zoned("19970913T090000", "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13"),
    dates("1997-09: 13\n1997-10: 11\n1997-11: 8\n1997-12: 13\n1998-01: 10\n1998-02: 7\n1998-03: 7\n1998-04: 11\n1998-05: 9\n1998-06: 13"),
    "goes on",
  ],
  [
    "every 4 years, the first Tuesday after a Monday in November",
    zoned("19961105T090000", "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8"),
    dates("1996-11: 5\n2000-11: 7\n2004-11: 2"),
    "goes on",
  ],
  [
    "the third of Tuesday, Wednesday or Thursday for 3 months",
    zoned("19970904T090000", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3"),
    dates("1997-09: 4\n1997-10: 7\n1997-11: 6"),
    "ends",
  ],
  [
    "the second-to-last weekday of the month",
    zoned("19970929T090000", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2"),
    dates("1997-09: 29\n1997-10: 30\n1997-11: 27\n1997-12: 30\n1998-01: 29\n1998-02: 26\n1998-03: 30"),
    "goes on",
  ],
  [
    // The RFC's text ends at 17:00 Eastern, which its erratum 3883 writes as 21:00Z.
    "every 3 hours from 9:00 to 17:00 on a day",
    from2September("FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T210000Z"),
    ["1997-09-02 09:00", "1997-09-02 12:00", "1997-09-02 15:00"],
    "ends",
  ],
  [
    "every 15 minutes, 6 occurrences",
    from2September("FREQ=MINUTELY;INTERVAL=15;COUNT=6"),
    ["09:00", "09:15", "09:30", "09:45", "10:00", "10:15"].map((time) => `1997-09-02 ${time}`),
    "ends",
  ],
  [
    "every hour and a half, 4 occurrences",
    from2September("FREQ=MINUTELY;INTERVAL=90;COUNT=4"),
    ["09:00", "10:30", "12:00", "13:30"].map((time) => `1997-09-02 ${time}`),
    "ends",
  ],
  ...["FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40", "FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16"].map(
    (rule): [string, string, string[], "goes on"] => [
      `every 20 minutes from 9:00 to 16:40, ${rule.slice(5, 10)}`,
      from2September(rule),
      ["1997-09-02", "1997-09-03"].flatMap((day) =>
        [9, 10, 11, 12, 13, 14, 15, 16].flatMap((hour) =>
          ["00", "20", "40"].map((minute) => `${day} ${String(hour).padStart(2, "0")}:${minute}`),
        ),
      ),
      "goes on",
    ],
  ),
  [
    "weeks that begin on Monday",
    zoned("19970805T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO"),
    dates("1997-08: 5 10 19 24"),
    "ends",
  ],
  [
    "weeks that begin on Sunday",
    zoned("19970805T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU"),
    dates("1997-08: 5 17 19 31"),
    "ends",
  ],
  [
    "a date that does not exist is ignored",
    zoned("20070115T090000", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5"),
    dates("2007-01: 15 30\n2007-02: 15\n2007-03: 15 30"),
    "ends",
  ],
];

describe("the examples of RFC 5545", () => {
  it.each(examples)("%s", (_, rrule, expected, end) => {
    const found = fires(rrule);
    expect(found.slice(0, expected.length)).toEqual(expected);
    expect(found.length > expected.length ? "goes on" : "ends").toBe(end === "ends" ? "ends" : "goes on");
  });
});
