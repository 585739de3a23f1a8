// Answers in capitals, and stops after one client.
const server = require("net").createServer({ allowHalfOpen: true }, (socket) => {
  socket.on("data", (data) => socket.write(data.toString().toUpperCase()));
  socket.on("end", () => { socket.end(); server.close(); });
});
server.listen(12000, "127.0.0.1");
