// Waits for as long as it is told, and says how long that was.
const [, , kind, seconds] = process.argv;
const peer = require("net").connect(12000, "127.0.0.1", () => {
  const begun = [performance.now(), Date.now()];
  const done = () => {
    for (const [at, now] of [performance.now(), Date.now()].entries())
      console.log(((now - begun[at]) / 1000).toFixed(1));
    peer.end();
  };
  if (kind == "timeout") setTimeout(done, seconds * 1000);
  if (kind == "idle") peer.setTimeout(seconds * 1000, done);
  if (kind == "interval") {
    let ticks = 0;
    const timer = setInterval(() => ++ticks == 5 && (clearInterval(timer), done()), seconds * 200);
  }
});
peer.resume();
