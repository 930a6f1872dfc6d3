// Convention `cgi`: CGI/1.1 (RFC 3875). The request is in meta-variables, and the program writes a header before the body.
// Refuses output without such a header, and leaves out fields that are the connection's: of requests credentials and `Proxy`, of answers framing.
import { Problem } from '../problems/problem.js';
import type { AnswerHead, AnswerSink, CallRequest } from './exchange.js';
import type { OutputReader } from './program.js';

/** Fields of a request that are variables of their own, or not the program's. */
const NOT_PASSED = new Set([
  'authorization',
  'connection',
  'content-length',
  'content-type',
  'proxy',
  'proxy-authorization',
]);
/** Fields that the server writes. */
const OF_CONNECTION = new Set([
  ...['connection', 'content-length', 'date', 'keep-alive', 'proxy-connection', 'server-timing', 'te', 'trailer'],
  ...['transfer-encoding', 'upgrade', 'status'],
]);
const MOST_HEAD_BYTES = 16_384;
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;
const STATUS = /^([1-5]\d\d)(?: |$)/;

/** The meta-variables of a request. */
export function variablesOf(name: string, request: CallRequest): Record<string, string> {
  const { method, path, query, headers, remoteAddress, body } = request;
  const length = body instanceof Uint8Array ? String(body.length) : headers['content-length'];
  const host = headers['host'] ?? '';
  const [, serverName = '', port = ''] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
  const variables: Record<string, string> = {
    GATEWAY_INTERFACE: 'CGI/1.1',
    SERVER_PROTOCOL: 'HTTP/1.1',
    SERVER_SOFTWARE: 'enclasm-serve',
    SERVER_NAME: serverName,
    SERVER_PORT: port,
    REQUEST_METHOD: method,
    SCRIPT_NAME: `/${name}`,
    PATH_INFO: path,
    QUERY_STRING: query,
    REMOTE_ADDR: remoteAddress,
    ...(length !== undefined && length !== '0' && { CONTENT_LENGTH: length }),
    ...(headers['content-type'] !== undefined && { CONTENT_TYPE: headers['content-type'] }),
  };
  for (const [field, value] of Object.entries(headers)) {
    if (!NOT_PASSED.has(field)) variables[`HTTP_${field.toUpperCase().replaceAll('-', '_')}`] = value;
  }
  return variables;
}

/** Reads the header off a program's output; what follows is the body. */
export function cgiOutput(answer: AnswerSink): OutputReader {
  let head: Uint8Array | undefined = new Uint8Array(0);
  return {
    write(bytes) {
      if (head === undefined) return answer.write(bytes);
      head = Buffer.concat([head, bytes]);
      const end = endOfHead(head);
      if (end === undefined) {
        if (head.length > MOST_HEAD_BYTES) throw noHead(`within ${MOST_HEAD_BYTES} bytes`);
        return undefined;
      }
      const rest = head.subarray(end.body);
      answer.begin(parseHead(head.subarray(0, end.head)));
      head = undefined;
      return rest.length > 0 ? answer.write(rest) : undefined;
    },
    end() {
      if (head !== undefined) throw noHead('before its end');
    },
  };
}

function noHead(where: string): Problem {
  return new Problem('guest-failed', `the program wrote no CGI header ${where}`);
}

/** Where the header's text ends and the body begins: after the first empty line, of one of the two kinds. */
function endOfHead(bytes: Uint8Array): { readonly head: number; readonly body: number } | undefined {
  for (let at = 0; ; ) {
    const line = bytes.indexOf(10, at);
    if (line < 0) return undefined;
    if (line === at || (line === at + 1 && bytes[at] === 13)) return { head: at, body: line + 1 };
    at = line + 1;
  }
}

/** @throws Problem 'guest-failed' */
function parseHead(bytes: Uint8Array): AnswerHead {
  const headers: Record<string, string> = {};
  let status: number | undefined;
  for (const line of Buffer.from(bytes).toString('latin1').split(/\r?\n/)) {
    if (line === '') continue;
    const [, field, value] = FIELD.exec(line) ?? [];
    if (field === undefined || value === undefined)
      throw new Problem('guest-failed', 'a line of the CGI header is no field');
    const name = field.toLowerCase();
    if (name === 'status') status = statusOf(value);
    else if (!OF_CONNECTION.has(name)) headers[name] = value;
  }
  status ??= headers['location'] === undefined ? 200 : 302;
  return { status, headers };
}
function statusOf(value: string): number {
  const status = Number(STATUS.exec(value)?.[1]);
  // What is below is for the connection, and no answer.
  if (status >= 200) return status;
  throw new Problem('guest-failed', 'the field Status of the CGI header has no status');
}
