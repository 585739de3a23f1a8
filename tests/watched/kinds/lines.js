// Reads until the other has ended, and answers then; with an end of its own, or without one.
const server = require("net").createServer({ allowHalfOpen: true }, (peer) => {
  if (process.argv[2] != "open") server.close();
  let text = "";
  peer.on("data", (bytes) => (text += bytes));
  peer.on("end", () => (process.argv[2] == "open" ? peer.write(text.toUpperCase()) : peer.end(text.toUpperCase())));
});
server.listen(12000, "127.0.0.1");
