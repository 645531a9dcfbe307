//! What the pictures look like in a terminal.

use std::fmt::Write as _;

use record::timeline::text::{Colour, Style, Symbols, render};
use record::timeline::{Outcome, Timeline, Unit};

use crate::samples::{self, lane, span, timeline};

fn narrow_ascii() -> Style {
    Style {
        width: 40,
        symbols: Symbols::Ascii,
        ..Style::default()
    }
}

#[track_caller]
fn assert_picture(timeline: &Timeline, style: &Style, expected: &str) {
    let drawn = render(timeline, style);
    let expected = expected.trim_start_matches('\n');
    assert!(drawn == expected, "drawn:\n{drawn}\nexpected:\n{expected}");
}

#[test]
fn touching_spans_have_a_seam() {
    assert_picture(
        &samples::one_lane(),
        &Style::default(),
        r"
     main │█ img 0 █▌█ img 1 █▌█ img 2 █▌█ img 3 █▌█ img 4 █▌██ img 5 █
  at once │111111111111111111111111111111111111111111111111111111111111
          └┬─────────┬─────────┬─────────┬─────────┬─────────┬─────────┬
           0         10        20        30        40        50        60
                                                            ms, virtual
",
    );
}

#[test]
fn three_lanes_share_one_axis_and_show_the_limit() {
    assert_picture(
        &samples::three_workers(),
        &Style::default(),
        r"
  worker 1 │██████ img 0 ██████▌███████ img 3 ██████
  worker 2 │██████ img 1 ██████▌███████ img 4 ██████
  worker 3 │██████ img 2 ██████▌███████ img 5 ██████
   at once │3333333333333333333333333333333333333333    limit 3
           └┬─────────┬─────────┬─────────┬─────────┬
            0         5         10        15        20    ms, virtual
",
    );
}

#[test]
fn the_span_that_breaks_the_rule_has_its_own_shade_and_a_remark() {
    assert_picture(
        &samples::four_of_three(),
        &Style::default(),
        r"
  thread 1 │█████ job 0 ████
  thread 2 │    █████ job 1 ████
  thread 3 │        █████ job 2 ████
  thread 4 │            ▓▓▓▓▓ job 3 ▓▓▓▓  ← one more than the pool has workers
   at once │1111222233334444333322221111    limit 3
           └┬───────┬───────┬───────┬───
            0       2       4       6    steps
",
    );
}

#[test]
fn what_a_span_came_to_stands_at_its_end() {
    assert_picture(
        &samples::a_leak(),
        &Style::default(),
        r"
                                         ↓ the group returns: /b failed
  request a │╌╌╌╌╌╌╌╌╌ fetch /a ╌╌╌╌╌╌╌╌×│
  request b │█████████ fetch /b ████████!│
  request c │    ╌╌╌╌╌╌╌ fetch /c ╌╌╌╌╌╌×│
  request d │    ▓▓▓▓▓▓▓▓▓▓▓ fetch /d ▓▓▓│▓▓▓▓▓▓›  ← still running
    at once │222244444444444444444444444411111111
            └┬─────────┬─────────┬───────┬───────
             0         5         10      14    ms, virtual
",
    );
}

#[test]
fn waits_are_dotted_and_hand_overs_are_arrows() {
    assert_picture(
        &samples::backpressure(),
        &Style::default(),
        r"
  source │██0██▌█row 1█·······█row 2█··queue full·█row 3█· queue full ·
         │     ╰▼             ╰──────▼            ╰──────▼
   stage │      ███████ row 0 ██████▌██████ row 1 ██████▌███████ row 2 ███████
         └┬───────┬────────┬───────┬────────┬───────┬────────┬───────┬────────┬
          0       5        10      15       20      25       30      35       40
                                                                   ms, virtual
",
    );
}

#[test]
fn instants_in_one_place_are_counted() {
    assert_picture(
        &samples::token_bucket(),
        &Style::default(),
        r"
    asked │○×7                                             ○×3
  granted │●×5 ●   ●                                       ●×3
   tokens │500010001000111122223333444455555555555555555555    cap 5
          └┬─────────┬─────────┬─────────┬─────────┬───────┬
           0         5         10        15        20      24    ms, virtual
",
    );
}

#[test]
fn an_instant_that_breaks_the_rule_has_a_remark() {
    assert_picture(
        &samples::an_uncapped_bucket(),
        &Style::default(),
        r"
  granted │●                       ●×8  ← the bucket holds 5
   tokens │545566778899────────────    cap 5, reached 16
          └┬─────────┬─────────┬───┬
           0         10        20  24    ms, virtual
",
    );
}

#[test]
fn an_interleaving_shows_its_labels_first_of_all() {
    assert_picture(
        &samples::interleaving(),
        &Style::default(),
        r"
  thread A │█ load 0 █                    ▓▓store 1▓
           │                              ↑ overwrites B: 2 additions, value 1
  thread B │          ██load 0█▌██store 1█
           └┬─────────┬─────────┬─────────┬─────────┬
            0         1         2         3         4    steps
",
    );
}

#[test]
fn steps_whose_labels_find_no_room_stand_one_below_the_other() {
    assert_picture(
        &samples::old_read(),
        &Style::default(),
        r"
     publisher     reader
  1  request = 7
  2  micros = 250
  3  state = 2
  4                state → 2
  5                request → 7
  6                micros → 0  ← old: publisher had stored 250
",
    );
}

#[test]
fn steps_that_find_no_room_side_by_side_have_their_lane_in_front() {
    assert_picture(
        &samples::below_zero(),
        &Style::default(),
        r"
  1  worker 1  left 1 → 0
  2  worker 2  left 0 → 18446744073709551615
  3  worker 1  left 18446744073709551615 → 18446744073709551614
  4  worker 2  left 18446744073709551614 → 18446744073709551613
               ↑ worker 1 had made it 18446744073709551614
",
    );
}

#[test]
fn a_long_remark_goes_below_its_lane() {
    assert_picture(
        &samples::four_of_three(),
        &narrow_ascii(),
        r"
  thread 1 |### job 0 ##
  thread 2 |   ### job 1 ##
  thread 3 |      ### job 2 ##
  thread 4 |         %%% job 3 %%
           |    ^ one more than the pool
           |      has workers
   at once |111222333444333222111
            limit 3
           ++-----+-----+-----+--
            0     2     4     6    steps
",
    );
}

#[test]
fn a_moment_near_the_edge_has_its_label_on_the_left() {
    assert_picture(
        &samples::a_leak(),
        &narrow_ascii(),
        r"
             the group retur... v
  request a |---- fetch /a ----x|
  request b |#### fetch /b ####!|
  request c |  --- fetch /c ---x|
  request d |  %%%%%% fetch /d %|%%%%>
            |  ^ still running
    at once |2244444444444444444111111
            ++-----+------+-----+-----
             0     5      10    14
                           ms, virtual
",
    );
}

#[test]
fn a_label_without_room_leaves_its_number() {
    assert_picture(
        &samples::backpressure(),
        &narrow_ascii(),
        r"
  source |# #1#...#2#.....#3#......
         | +v     +--v    +--v
   stage |  ##row 0# #row 1# # row 2 #
         ++------+------+------+------+
          0      10     20     30     40
                           ms, virtual
",
    );
}

#[test]
fn many_lanes_are_left_out_but_not_the_one_that_breaks_the_rule() {
    assert_picture(
        &samples::crowded(),
        &Style::default(),
        r"
                       ↓ shutdown begins for the 5th time, & nobody <listens>
                       │                 ↓ shutdown begins for the 60th time, &…
                       shutdown begins for the 125th time, &… ↓
  a lane with the n… │○▌█████████████████│████████████████████│█· the lock ›
  a lane with the n… │○█!████████████████│████████████████████│█· the lock ›
  a lane with the n… │○╌╌×███████████████│████████████████████│█· the lock ›
  a lane with the n… │○│██▌██████████████│████████████████████│█· the lock ›
  a lane with the n… │ ○ ██!█████████████│████████████████████│█· the lock ›
  a lane with the n… │ ○  ╌╌×████████████│████████████████████│█· the lock ›
  a lane with the n… │ ○   ██▌███████████│████████████████████│█· the lock ›
  a lane with the n… │ │○   ██!██████████│████████████████████│█· the lock ›
  a lane with the n… │ │○    ╌╌×█████████│████████████████████│█· the lock ›
  a lane with the n… │ │○     ██▌████████│████████████████████│█· the lock ›
  a lane with the n… │ │ ○     ██!███████│████████████████████│█· the lock ›
  … 9 more lanes
  a lane with the n… │ │    ○            ▓×███████████████████│█· the lock ›
                     │                   ↑ a remark that goes on and on, until
                     │                     no line of any width could hold it
  … 19 more lanes
             at once │23456789──────────────────────────────40──    limit 8
                     └─┬──────────────┬──┬────────────┬───────┬────────┬────
                       5              50 60           100     125      150    ms
  a lane with the number 0 at 7 → a lane with the number 0 at 50
  a lane with the number 1 at 7 → a lane with the number 7 at 50
  a lane with the number 2 at 7 → a lane with the number 14 at 50
  a lane with the number 3 at 7 → a lane with the number 21 at 50
  a lane with the number 4 at 7 → a lane with the number 28 at 50
  a lane with the number 5 at 7 → a lane with the number 35 at 50
  … 33 more hand-overs
",
    );
}

#[test]
fn no_line_is_wider_than_the_page_and_ascii_is_ascii() {
    for (name, sample) in samples::all() {
        for width in (Style::NARROWEST..=Style::WIDEST).step_by(13) {
            for symbols in [Symbols::Unicode, Symbols::Ascii] {
                let style = Style {
                    width,
                    symbols,
                    colour: Colour::Plain,
                };
                let picture = render(&sample, &style);
                for line in picture.lines() {
                    let at = format!("{name}, {width} columns: {line}");
                    assert!(line.chars().count() <= width, "too wide: {at}");
                    assert!(line.trim_end() == line, "trailing blanks: {at}");
                    assert!(!line.contains(char::is_control), "controls: {at}");
                    assert!(
                        symbols == Symbols::Unicode || line.is_ascii(),
                        "not ASCII: {at}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_remark_on_the_broken_rule_is_there_at_any_width() {
    for width in Style::NARROWEST..=Style::WIDEST {
        let style = Style {
            width,
            ..Style::default()
        };
        let words: Vec<String> = render(&samples::four_of_three(), &style)
            .split(|symbol: char| !symbol.is_alphabetic())
            .map(str::to_owned)
            .collect();
        for word in ["one", "more", "than", "pool", "has", "workers", "limit"] {
            assert!(
                words.contains(&word.to_owned()),
                "{width} columns: no {word:?}"
            );
        }
    }
}

#[test]
fn a_page_narrower_than_the_narrowest_is_drawn_at_that() {
    let style = |width| Style {
        width,
        ..Style::default()
    };
    let sample = samples::four_of_three();
    assert_eq!(
        render(&sample, &style(0)),
        render(&sample, &style(Style::NARROWEST))
    );
}

#[test]
fn colours_add_nothing_but_colours() {
    for (name, sample) in samples::all() {
        let coloured = render(
            &sample,
            &Style {
                colour: Colour::Ansi,
                ..Style::default()
            },
        );
        let mut stripped = String::new();
        for (index, part) in coloured.split("\x1b[").enumerate() {
            let text = match index {
                0 => part,
                _ => part.split_once('m').expect("a colour ends with an m").1,
            };
            let _ = write!(stripped, "{text}");
        }
        assert!(stripped == render(&sample, &Style::default()), "{name}");
    }
}

#[test]
fn red_is_the_rule_broken_and_nothing_else() {
    let coloured = |sample: &Timeline| {
        render(
            sample,
            &Style {
                colour: Colour::Ansi,
                ..Style::default()
            },
        )
    };
    let red = "\x1b[31m";
    assert!(coloured(&samples::four_of_three()).contains(red));
    assert!(!coloured(&samples::three_workers()).contains(red));
    let mut failed = samples::three_workers();
    failed.lanes[0].spans[0].outcome = Outcome::Panicked;
    assert!(!coloured(&failed).contains(red));
}

#[test]
fn a_run_without_lanes_says_so() {
    let empty = timeline("", "", Unit::Steps, Vec::new());
    assert_picture(&empty, &Style::default(), "  nothing was recorded\n");
}

#[test]
fn a_span_of_no_length_at_the_very_end_is_still_seen() {
    let spans = vec![span("a", 0, 20), span("b", 20, 20)];
    let picture = render(
        &timeline("", "", Unit::Milliseconds, vec![lane("main", spans)]),
        &Style::default(),
    );
    assert!(picture.contains("█ b\n"), "{picture}");
}

#[test]
fn times_of_any_size_can_be_drawn() {
    let spans = vec![span("late", u64::MAX - 1, u64::MAX)];
    let sample = timeline("", "", Unit::Milliseconds, vec![lane("main", spans)]);
    assert!(render(&sample, &Style::default()).contains("late"));
}
