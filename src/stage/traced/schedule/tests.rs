//! Tables: what is seen, and what is to happen then.

use super::{
    Ability, Awaits, Clients, Decision, End, FEW_LOOKS, FIRST_LOOKS, FIRST_STEP, Flight, Go, LATER_LOOKS,
    LONG_STEP, MANY, MINUTES, Seen, View, decide, next_limit,
};
use crate::event::Who;
use crate::stage::traced::choice::{Choices, InTurn, Point, ThreadKey};

const SECOND: u64 = 1_000_000_000;

fn key(who: Who, birth: u32) -> ThreadKey {
    ThreadKey { who, program: 1, birth }
}

const SERVER: ThreadKey = ThreadKey { who: Who::Server, program: 1, birth: 0 };
const CLIENT: ThreadKey = ThreadKey { who: Who::Client, program: 1, birth: 0 };

fn seen(key: ThreadKey, ability: Ability) -> Seen {
    Seen {
        key,
        ability,
        deadline: None,
        connects: false,
        awaits_clients: Awaits::No,
        looks: 0,
        spins: false,
        steps: 0,
        lapsed: false,
    }
}

fn until(key: ThreadKey, deadline: u64) -> Seen {
    Seen { deadline: Some(deadline), ..seen(key, Ability::Waits) }
}

/// Everybody is there, nothing is on its way, and no time has passed.
fn view(threads: &[Seen]) -> View {
    View {
        now: 0,
        still_since: 0,
        lapses: 0,
        threads: threads.to_vec(),
        timer: None,
        flight: Some(Flight::No),
        alone: false,
        clients: Clients::Here,
        listens: true,
        failed: false,
        patience_over: false,
    }
}

fn next(view: &View) -> Decision {
    decide(view, &mut InTurn)
}

#[test]
fn ready_then_looking_then_lapsed_then_ending() {
    use Ability::{Exits, Looks, Ready, Waits};
    let (first, second) = (key(Who::Client, 1), key(Who::Client, 2));
    let rows = [
        (vec![seen(SERVER, Ready), seen(CLIENT, Ready)], Decision::Let(SERVER, Go::On)),
        (vec![seen(SERVER, Looks), seen(CLIENT, Ready)], Decision::Let(CLIENT, Go::On)),
        (vec![seen(SERVER, Exits), seen(CLIENT, Looks)], Decision::Let(CLIENT, Go::On)),
        (vec![seen(SERVER, Exits), until(CLIENT, 0)], Decision::Let(CLIENT, Go::Lapse)),
        (vec![until(SERVER, 0), seen(CLIENT, Looks)], Decision::Let(CLIENT, Go::On)),
        (vec![seen(SERVER, Exits), until(CLIENT, 5)], Decision::Let(SERVER, Go::On)),
        (vec![seen(SERVER, Exits), seen(CLIENT, Waits)], Decision::Let(SERVER, Go::On)),
        (vec![seen(SERVER, Waits), seen(CLIENT, Waits)], Decision::Over(End::Stuck)),
        (vec![], Decision::Over(End::Gone)),
        (vec![until(SERVER, 9), until(first, 7), until(second, 8)], Decision::Jump(7)),
    ];
    for (threads, expected) in rows {
        assert_eq!(next(&view(&threads)), expected, "{threads:?}");
    }
}

#[test]
fn who_is_there_is_served_before_another_connects() {
    let connects = Seen { connects: true, ..seen(CLIENT, Ability::Ready) };
    assert_eq!(next(&view(&[connects, seen(SERVER, Ability::Ready)])), Decision::Let(SERVER, Go::On));
    assert_eq!(next(&view(&[connects, seen(SERVER, Ability::Looks)])), Decision::Let(CLIENT, Go::On));
}

#[test]
fn of_those_whose_time_is_over_the_first_limit_comes_first() {
    let threads = [until(SERVER, 9), until(CLIENT, 7)];
    assert_eq!(next(&View { now: 10, ..view(&threads) }), Decision::Let(CLIENT, Go::Lapse));
}

#[test]
fn another_choice_gives_another_turn() {
    struct Last;
    impl Choices for Last {
        fn choose(&mut self, at: &Point<'_>) -> usize {
            let Point::Next(keys) = at;
            keys.len() - 1
        }
    }
    let threads = [seen(SERVER, Ability::Ready), seen(CLIENT, Ability::Ready)];
    assert_eq!(decide(&view(&threads), &mut Last), Decision::Let(CLIENT, Go::On));
}

#[test]
fn clients_begin_when_the_server_listens_and_has_nothing_better_to_do() {
    use Ability::{Looks, Ready, Waits};
    let to_come = |threads: &[Seen], listens| View { clients: Clients::ToCome, listens, ..view(threads) };
    // It is still busy; it polls; it sleeps for a moment; it waits.
    assert_eq!(next(&to_come(&[seen(SERVER, Ready)], true)), Decision::Let(SERVER, Go::On));
    assert_eq!(next(&to_come(&[seen(SERVER, Looks)], true)), Decision::Enter);
    assert_eq!(next(&to_come(&[until(SERVER, SECOND)], true)), Decision::Enter);
    assert_eq!(next(&to_come(&[seen(SERVER, Waits)], true)), Decision::Enter);
    // It does not listen yet: it may after its sleep.
    assert_eq!(next(&to_come(&[until(SERVER, SECOND)], false)), Decision::Jump(SECOND));
    assert_eq!(next(&to_come(&[seen(SERVER, Waits)], false)), Decision::Enter);
    assert_eq!(next(&to_come(&[], false)), Decision::Enter);
    // A server that has failed gets none.
    assert_eq!(next(&View { failed: true, ..to_come(&[], false) }), Decision::Over(End::Gone));
    // The others follow at once.
    let more = View { clients: Clients::MoreToCome, ..view(&[seen(CLIENT, Ready)]) };
    assert_eq!(next(&more), Decision::Enter);
}

#[test]
fn nothing_jumps_while_the_kernel_works() {
    let waits = [until(SERVER, SECOND), seen(CLIENT, Ability::Waits)];
    for (flight, expected) in [
        (None, Decision::Ask),
        (Some(Flight::Yes), Decision::Wait),
        (Some(Flight::No), Decision::Jump(SECOND)),
        (Some(Flight::Unknown), Decision::Jump(SECOND)),
    ] {
        assert_eq!(next(&View { flight, ..view(&waits) }), expected);
    }
    // However long it takes.
    let long = View { flight: Some(Flight::Yes), patience_over: true, lapses: MANY, ..view(&waits) };
    assert_eq!(next(&View { now: MINUTES, ..long }), Decision::Let(SERVER, Go::Lapse));
    let both = [seen(SERVER, Ability::Waits), seen(CLIENT, Ability::Waits)];
    let long = View { flight: Some(Flight::Yes), patience_over: true, ..view(&both) };
    assert_eq!(next(&long), Decision::Wait);
}

#[test]
fn what_is_not_known_is_no_deadlock() {
    let both = [seen(SERVER, Ability::Waits), seen(CLIENT, Ability::Waits)];
    let unknown = View { flight: Some(Flight::Unknown), ..view(&both) };
    assert_eq!(next(&unknown), Decision::Wait);
    assert_eq!(next(&View { patience_over: true, ..unknown }), Decision::Over(End::Unknown));
}

#[test]
fn a_person_is_waited_for_and_no_time_jumps_meanwhile() {
    let threads = [until(SERVER, SECOND), seen(CLIENT, Ability::Person)];
    assert_eq!(next(&View { patience_over: true, ..view(&threads) }), Decision::Wait);
}

#[test]
fn the_server_rests_when_its_clients_are_gone() {
    let accepts = Seen { awaits_clients: Awaits::Yes, ..seen(SERVER, Ability::Waits) };
    let gone = |threads: &[Seen]| View { clients: Clients::Gone, ..view(threads) };
    assert_eq!(next(&gone(&[accepts])), Decision::Over(End::Rest));
    // Beside a thread that ticks, and with a time limit of its own: at once.
    assert_eq!(next(&gone(&[accepts, until(key(Who::Server, 1), SECOND)])), Decision::Over(End::Rest));
    assert_eq!(next(&gone(&[Seen { deadline: Some(SECOND), ..accepts }])), Decision::Over(End::Rest));
    // One that has something to do after a sleep is let do it.
    assert_eq!(next(&gone(&[until(SERVER, SECOND)])), Decision::Jump(SECOND));
    let ticks = Seen { lapsed: true, ..until(SERVER, SECOND) };
    assert_eq!(next(&View { lapses: 1, ..gone(&[ticks]) }), Decision::Jump(SECOND));
    // One that may wait for a client goes on by its own clock, as long as there is anything to come.
    let perhaps = Seen { awaits_clients: Awaits::Perhaps, ..seen(SERVER, Ability::Waits) };
    assert_eq!(next(&gone(&[perhaps])), Decision::Over(End::Rest));
    let (own, other) = (Seen { deadline: Some(SECOND), ..perhaps }, until(key(Who::Server, 1), SECOND));
    assert_eq!(next(&gone(&[own])), Decision::Jump(SECOND));
    assert_eq!(next(&gone(&[perhaps, other])), Decision::Jump(SECOND));
    let own = Seen { lapsed: true, deadline: Some(2 * MINUTES), ..own };
    let long = View { now: MINUTES, lapses: MANY, ..gone(&[own]) };
    assert_eq!(next(&long), Decision::Over(End::Rest));
    // With a client still there it is no rest.
    assert_eq!(next(&view(&[accepts, seen(CLIENT, Ability::Waits)])), Decision::Over(End::Stuck));
}

#[test]
fn whoever_looks_in_vain_is_let_for_a_while_and_then_time_passes() {
    let looking = |looks, spins| Seen { looks, spins, ..seen(CLIENT, Ability::Looks) };
    let waits = seen(SERVER, Ability::Waits);
    assert_eq!(next(&view(&[waits, looking(FIRST_LOOKS - 1, false)])), Decision::Let(CLIENT, Go::On));
    assert_eq!(next(&view(&[waits, looking(FIRST_LOOKS, false)])), Decision::Jump(FIRST_STEP));
    assert_eq!(next(&view(&[waits, looking(LATER_LOOKS - 1, true)])), Decision::Let(CLIENT, Go::On));
    assert_eq!(next(&view(&[waits, looking(LATER_LOOKS, true)])), Decision::Jump(FIRST_STEP));
    let after = |steps| next(&view(&[waits, Seen { steps, ..looking(LATER_LOOKS, true) }]));
    assert_eq!((after(1), after(2)), (Decision::Jump(4 * FIRST_STEP), Decision::Jump(16 * FIRST_STEP)));
    assert_eq!((after(10), after(1000)), (Decision::Jump(LONG_STEP), Decision::Jump(LONG_STEP)));
    // Whose time limit is over waits for the clock alone.
    let lapsed = |looks| Seen { lapsed: true, ..looking(looks, false) };
    assert_eq!(next(&view(&[waits, lapsed(FEW_LOOKS - 1)])), Decision::Let(CLIENT, Go::On));
    assert_eq!(next(&view(&[waits, lapsed(FEW_LOOKS)])), Decision::Jump(FIRST_STEP));
    // Whose limit comes before that goes first.
    assert_eq!(next(&view(&[until(SERVER, 5), looking(FIRST_LOOKS, false)])), Decision::Jump(5));
    let long = View { now: MINUTES, lapses: MANY, ..view(&[waits, looking(LATER_LOOKS, true)]) };
    assert_eq!(next(&long), Decision::Over(End::Spins));
    // A poll of zero has a limit that is over at once, and is never waited for.
    let polls = Seen { deadline: Some(MINUTES), ..looking(LATER_LOOKS, true) };
    let long = View { now: MINUTES, lapses: MANY, ..view(&[waits, polls]) };
    assert_eq!(next(&long), Decision::Over(End::Spins));
}

#[test]
fn minutes_and_many_wakings_in_vain_are_an_end_and_less_is_none() {
    let lapsed = Seen { lapsed: true, ..until(CLIENT, u64::MAX) };
    let waits = seen(SERVER, Ability::Waits);
    let after = |now, lapses, client| View { now, lapses, ..view(&[waits, client]) };
    assert_eq!(next(&after(MINUTES, MANY, lapsed)), Decision::Over(End::Still));
    let goes_on = Decision::Jump(u64::MAX);
    assert_eq!(next(&after(MINUTES - 1, MANY, lapsed)), goes_on);
    assert_eq!(next(&after(MINUTES, MANY - 1, lapsed)), goes_on);
    // An hour's sleep has not been over yet.
    assert_eq!(next(&after(MINUTES, MANY, Seen { lapsed: false, ..lapsed })), goes_on);
    // It counts from the last time that something happened.
    let since = View { still_since: SECOND, ..after(MINUTES, MANY, lapsed) };
    assert_eq!(next(&since), goes_on);
}

#[test]
fn whoever_has_woken_up_in_vain_again_and_again_is_woken_late_and_nobody_else_is() {
    let ticks = Seen { lapsed: true, ..until(SERVER, 10_000_000) };
    let waits = seen(CLIENT, Ability::Waits);
    let at = |lapses, threads: &[Seen]| next(&View { lapses, ..view(threads) });
    assert_eq!(at(MANY - 1, &[ticks, waits]), Decision::Jump(10_000_000));
    assert_eq!(at(MANY, &[ticks, waits]), Decision::Jump(LONG_STEP));
    // The limit of another comes when it comes.
    assert_eq!(at(MANY, &[ticks, until(CLIENT, 20_000_000)]), Decision::Jump(20_000_000));
    assert_eq!(
        at(MANY, &[Seen { lapsed: true, ..until(SERVER, 9 * SECOND) }, waits]),
        Decision::Jump(9 * SECOND)
    );
}

#[test]
fn a_server_that_looks_for_clients_rests_when_they_are_gone() {
    let looks = |looks| Seen { looks, awaits_clients: Awaits::Yes, ..seen(SERVER, Ability::Looks) };
    let gone = |looks| View { clients: Clients::Gone, ..view(&[looks]) };
    assert_eq!(next(&gone(looks(1))), Decision::Let(SERVER, Go::On));
    assert_eq!(next(&gone(looks(2))), Decision::Over(End::Rest));
    assert_eq!(next(&View { clients: Clients::Here, ..gone(looks(2)) }), Decision::Let(SERVER, Go::On));
}

#[test]
fn a_timer_is_a_deadline_as_well() {
    let threads = [seen(SERVER, Ability::Waits), until(CLIENT, 9)];
    assert_eq!(next(&View { timer: Some(7), ..view(&threads) }), Decision::Jump(7));
}

#[test]
fn whoever_wakes_up_by_itself_is_waited_for_as_long_as_patience_lasts() {
    let threads = [seen(SERVER, Ability::Waits), seen(CLIENT, Ability::Sleeps)];
    assert_eq!(next(&view(&threads)), Decision::Wait);
    assert_eq!(next(&View { patience_over: true, ..view(&threads) }), Decision::Over(End::Stuck));
}

#[test]
fn a_cut_line_is_waited_for_while_a_byte_is_unacknowledged_and_jumped_to_when_none_is() {
    let healing = |flight, threads: &[Seen]| next(&View { timer: Some(3 * SECOND), flight, ..view(threads) });
    let both = [seen(SERVER, Ability::Waits), seen(CLIENT, Ability::Waits)];
    assert_eq!(healing(Some(Flight::Yes), &both), Decision::Wait);
    assert_eq!(healing(Some(Flight::No), &both), Decision::Jump(3 * SECOND));
    // Whose limit is over before is not let wait for it.
    let limited = [seen(SERVER, Ability::Waits), until(CLIENT, 2 * SECOND)];
    assert_eq!(healing(Some(Flight::Yes), &limited), Decision::Wait);
    assert_eq!(healing(Some(Flight::No), &limited), Decision::Jump(2 * SECOND));
}

#[test]
fn time_that_passes_by_itself_stops_at_the_next_limit() {
    let threads = [
        until(SERVER, 9),
        until(CLIENT, 7),
        Seen { deadline: Some(1), ..seen(key(Who::Client, 1), Ability::Looks) },
    ];
    assert_eq!(next_limit(&view(&threads)), Some(7));
    assert_eq!(next_limit(&View { timer: Some(5), ..view(&threads) }), Some(5));
    assert_eq!(next_limit(&view(&[seen(SERVER, Ability::Waits)])), None);
}
