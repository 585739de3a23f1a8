//! The weather of a play: the room is made as was asked for, and the line is cut and mended.

use std::io;

use super::scheduler::Scheduler;
use crate::event::Event;
use crate::event::error::{Error, Result};
use crate::event::truth::Wire;
use crate::event::weather::Weather;
use crate::linux::access::Access;
use crate::linux::mtu;
use crate::linux::sysctl;
use crate::narrate;
use crate::stage::options::WireWish;
use crate::text::lang::Text;

/// Makes the room that this process is in as was asked for; what stays as a room has it needs nothing.
///
/// # Errors
/// [`Error::NoWeather`] without a room, or when the kernel does not allow it.
pub fn furnish(weather: &Weather, wish: WireWish, access: &Access) -> Result<()> {
    if access.wire != Wire::Room && !weather.is_fair() {
        let off = (wish == WireWish::Off).then(narrate::wire_is_off);
        return Err(Error::NoWeather(off.into_iter().chain(access.remarks.iter().cloned()).collect()));
    }
    let fails = |what: &'static str| {
        move |error: io::Error| {
            Error::NoWeather(vec![Text::made(format!("{what}: {error}."), format!("{what}: {error}."))])
        }
    };
    if let Some(bytes) = weather.mtu {
        mtu::set(bytes).map_err(fails("ioctl(SIOCSIFMTU)"))?;
    }
    if let Some(bytes) = weather.receive_buffer {
        sysctl::receive_buffers(bytes, weather.autotune).map_err(fails("net.ipv4.tcp_rmem"))?;
    }
    if let Some(bytes) = weather.send_buffer {
        sysctl::send_buffers(bytes).map_err(fails("net.ipv4.tcp_wmem"))?;
    }
    if weather.cut.is_some() {
        // Where it cannot be had, a segment may be sent again once more.
        let _ = sysctl::no_loss_probes();
    }
    Ok(())
}

impl Scheduler {
    /// Cuts the line, or mends it, if it is time for that: what has come so far has come, or not.
    pub fn weather(&mut self) -> Result<()> {
        if self.tracer.line.is_due() {
            self.trace.arrivals()?;
            self.tracer.cut_line();
        }
        if let Some((who, op, severed)) = self.tracer.fresh_cut() {
            self.trace.sever(Some(severed), |at| Event::Cut { at, who, op, severed })?;
        }
        let now = self.tracer.clock.now();
        if self.tracer.line.heals_at().is_some_and(|at| at <= now) {
            self.trace.set_time(self.tracer.clock.is_held().then_some(now));
            self.trace.arrivals()?;
            if let Some((who, after)) = self.tracer.mend_line() {
                self.trace.sever(None, |at| Event::Healed { at, who, after })?;
                self.asked = None;
                self.news();
            }
        }
        Ok(())
    }
}
