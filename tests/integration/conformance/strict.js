// A push service over Node's http2: strict, and it writes down what it saw, one JSON line a request.
// node strict.js PORT CERT KEY LEDGER MOST_STREAMS REQUESTS_A_SESSION HTTP1
"use strict";
const crypto = require("node:crypto");
const fs = require("node:fs");
const http2 = require("node:http2");

const [port, cert, key, ledger, most, bound, http1] = process.argv.slice(2);
const HTTP_1_1_REQUIRED = 13;
const lines = fs.createWriteStream(ledger);
const settings = Number(most) ? { maxConcurrentStreams: Number(most) } : {};
const allowHTTP1 = Boolean(Number(http1));
const server = http2.createSecureServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key), settings, allowHTTP1 });
let sessions = 0;

server.on("session", (session) => {
  session.number = sessions++;
  session.asked = 0;
});

server.on("request", (request, response) => {
  if (request.httpVersion !== "1.1") return; // those come as streams
  request.resume().on("end", () => response.writeHead(201).end());
});

server.on("stream", (stream, headers, _flags, raw) => {
  if (allowHTTP1) {
    stream.on("error", () => {});
    stream.close(HTTP_1_1_REQUIRED);
    return;
  }
  const session = stream.session;
  const hash = crypto.createHash("sha256");
  session.asked += 1;
  if (Number(bound) && session.asked === Number(bound)) session.close(); // GOAWAY; what is under way is answered
  stream.on("error", (error) => lines.write(JSON.stringify({ error: String(error) }) + "\n"));
  stream.on("data", (data) => hash.update(data));
  stream.on("end", () => {
    const seen = { session: session.number, raw, sha256: hash.digest("hex") };
    lines.write(JSON.stringify(seen) + "\n");
    const wanted = /status=(\d+)/.exec(headers[":path"]);
    const answer = { ":status": wanted ? Number(wanted[1]) : 201 };
    if (answer[":status"] === 429) answer["retry-after"] = "7";
    if (answer[":status"] === 201) stream.respond(answer, { endStream: true });
    else {
      stream.respond(answer);
      stream.end("not now");
    }
  });
});

server.on("sessionError", (error) => lines.write(JSON.stringify({ error: String(error) }) + "\n"));
server.listen(Number(port), "127.0.0.1");
process.on("SIGTERM", () => lines.end(() => process.exit(0)));
