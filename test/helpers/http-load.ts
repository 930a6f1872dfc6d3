// A web server for a function from bytes to bytes, and many requests for it, from a client in a process of its own. The client writes and reads HTTP by
// itself: on a machine of two cores, node:http's would take as much of them as the server. Refuses wrong answers: the client fails.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = (body: Uint8Array, request: IncomingMessage) => Uint8Array | Promise<Uint8Array>;

/** Serves on loopback. What the function throws is a 500 with its text. */
export async function serveAnswers(answer: Answer): Promise<Server> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
      Promise.resolve(body)
        .then((bytes) => answer(bytes, request))
        .then(
          (bytes) => response.end(bytes),
          (error: unknown) => response.writeHead(500).end(String(error)),
        );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** What the client sends, and how much of it. */
export interface Load {
  readonly body: string;
  readonly answer: string;
  readonly connections: number;
  /** It ends with whichever is first. */
  readonly ms?: number;
  readonly requests?: number;
}

const CLIENT = `
const { connect } = require('node:net');
const { port, body, answer, connections, ms = Infinity, requests = Infinity } = JSON.parse(process.argv[1]);
const request = Buffer.from('POST / HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nContent-Length: ' + Buffer.byteLength(body) + '\\r\\n\\r\\n' + body);
const end = performance.now() + ms;
let asked = 0;
let answered = 0;
function begin() {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  let text = '';
  const next = () => {
    if (asked >= requests || performance.now() >= end) return void socket.end();
    asked++;
    socket.write(request);
  };
  socket.setEncoding('latin1');
  socket.on('connect', next);
  socket.on('error', (error) => { throw error; });
  socket.on('data', (part) => {
    text += part;
    const head = text.indexOf('\\r\\n\\r\\n');
    if (head < 0) return;
    const length = Number(/content-length: (\\d+)/i.exec(text)[1]);
    if (text.length < head + 4 + length) return;
    if (!text.startsWith('HTTP/1.1 200 ') || text.slice(head + 4) !== answer) throw new Error('answer: ' + text);
    text = '';
    answered++;
    next();
  });
}
for (let k = 0; k < connections; k++) begin();
process.on('exit', () => console.log(answered));
`;

/** @returns how many were answered @throws where an answer was another, or none */
export async function sendLoad(server: Server, load: Load): Promise<number> {
  const { port } = server.address() as AddressInfo;
  const client = spawn(process.execPath, ['-e', CLIENT, JSON.stringify({ ...load, port })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  client.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const [code] = (await once(client, 'close')) as [number];
  if (code !== 0) throw new Error('the client did not get the answers that it wants');
  return Number(text);
}

export async function endServer(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
