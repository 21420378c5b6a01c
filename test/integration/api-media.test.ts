import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createCore } from '../../bridge/core/core.ts';
import { MAX_MEDIA_BYTES, mediaHeaders, mediaSignedText } from '../../bridge/protocol/media.ts';
import { isoTime } from '../../bridge/runtime/clock.ts';
import { silentLogger } from '../support/agent-fixtures.ts';
import { eventually } from '../support/eventually.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type RunningBridge, runningBridge } from '../support/running-bridge.ts';

const BYTES = Buffer.from('not really a photo \0\xff', 'latin1');
const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

interface Mac {
  bridge: RunningBridge;
  key: string;
  sandboxKey: string;
  agentId: string;
  /** Its upload command: what a message with one whole attachment led to. */
  upload: { commandId: string; mediaId: string };
  headers(request: {
    mediaId: string;
    commandId: string;
    sha256: string;
    agentId?: string;
    by?: KeyObject;
  }): Record<string, string>;
  send(bytes: Uint8Array, headers: Record<string, string>, mediaId?: string): Promise<Response>;
}

/** A bridge with an agent that has a real key and has told of one attachment that is whole. */
async function mac(): Promise<Mac> {
  const bridge = await runningBridge();
  const { account, liveKey, sandboxKey } = await bridge.core.createAccount('Test');
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { token } = await bridge.core.createEnrolmentToken(account.id);
  const { agentId } = await bridge.core.enrolAgent({
    token,
    publicKey: publicKey.export({ format: 'jwk' }).x ?? '',
    name: 'Mac',
    handle: '+14155550100',
  });
  await bridge.core.openSession(agentId, { sessionId: 's', journalId: 'j', commandAck: 0 });
  await bridge.core.recordEvent(agentId, 's', 1, {
    type: 'message.received',
    guid: 'M1',
    conversation: null,
    service: 'iMessage',
    from: '+14155550101',
    text: '\uFFFC',
    at: isoTime(Date.now()),
    attachments: [
      {
        guid: 'A1',
        name: 'ein „Foto“ (1).heic',
        mimeType: 'image/heic',
        bytes: BYTES.length,
        state: 'complete',
        kind: 'image',
        position: 0,
        sha256: sha256Of(BYTES),
      },
    ],
  });
  const [stored] = await bridge.core.commandsAfter(agentId, 0, 1);
  if (stored?.command.type !== 'media.upload') throw new Error('no upload was ordered');
  const upload = { commandId: stored.id, mediaId: stored.command.mediaId };
  const headers: Mac['headers'] = ({ by = privateKey, agentId: claimed = agentId, ...request }) => ({
    [mediaHeaders.agent]: claimed,
    [mediaHeaders.command]: request.commandId,
    [mediaHeaders.sha256]: request.sha256,
    [mediaHeaders.signature]: sign(null, mediaSignedText({ ...request, agentId: claimed }), by).toString(
      'base64url',
    ),
  });
  const send: Mac['send'] = (bytes, given, mediaId = upload.mediaId) =>
    fetch(`${bridge.url}/agent/media/${mediaId}`, {
      method: 'POST',
      headers: given,
      body: new Uint8Array(bytes),
    });
  return { bridge, key: liveKey, sandboxKey, agentId, upload, headers, send };
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));

const codeOf = async (response: Response): Promise<[number, string]> => [
  response.status,
  ((await response.json()) as { error: { code: string } }).error.code,
];

test('what a Mac hands over is fetched byte for byte, by its account alone', async () => {
  const { bridge, key, sandboxKey, upload, headers, send } = await mac();
  const signed = headers({ ...upload, sha256: sha256Of(BYTES) });
  expect((await send(BYTES, signed)).status).toBe(204);
  expect((await send(BYTES, signed)).status).toBe(204);
  const response = await fetch(`${bridge.url}/v1/media/${upload.mediaId}/content`, {
    headers: { 'x-api-key': key },
  });
  expect(response.status).toBe(200);
  expect(Buffer.from(await response.arrayBuffer()).equals(BYTES)).toBe(true);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'image/heic',
    'content-length': String(BYTES.length),
    'x-content-type-options': 'nosniff',
    'content-disposition': `attachment; filename="ein _Foto_ (1).heic"; filename*=UTF-8''ein%20%E2%80%9EFoto%E2%80%9C%20%281%29.heic`,
  });
  const { json } = await bridge.ask<object>('GET', `/v1/media/${upload.mediaId}`, { key });
  expect(json).toMatchObject({ id: upload.mediaId, kind: 'image', sizeBytes: BYTES.length, state: 'stored' });
  const stranger = (await bridge.core.createAccount('Other')).liveKey;
  for (const other of [sandboxKey, stranger])
    for (const part of ['', '/content']) {
      const answer = await bridge.ask('GET', `/v1/media/${upload.mediaId}${part}`, { key: other });
      expect([answer.status, answer.json.error.code]).toEqual([404, 'not_found']);
    }
  const [file, ...more] = filesIn(bridge.config.media);
  expect(more).toEqual([]);
  expect(readFileSync(file ?? '').equals(BYTES)).toBe(true);
  expect(statSync(file ?? '').mode & 0o777).toBe(0o600);
  expect(statSync(bridge.config.media).mode & 0o777).toBe(0o700);
});

test('bytes of another hash or length, another key, command or file are refused and nothing stays', async () => {
  const { bridge, upload, headers, send } = await mac();
  const sha256 = sha256Of(BYTES);
  const good = headers({ ...upload, sha256 });
  expect(await codeOf(await send(Buffer.from('other'), good))).toEqual([400, 'media_damaged']);
  const other = generateKeyPairSync('ed25519').privateKey;
  for (const given of [
    headers({ ...upload, sha256, by: other }),
    headers({ ...upload, sha256, agentId: 'ag_none' }),
    { ...good, [mediaHeaders.sha256]: 'a'.repeat(64) },
  ])
    expect(await codeOf(await send(BYTES, given))).toEqual([401, 'invalid_agent_signature']);
  const foreign = headers({ ...upload, commandId: 'cmd_other', sha256 });
  expect(await codeOf(await send(BYTES, foreign))).toEqual([404, 'not_found']);
  const elsewhere = headers({ ...upload, mediaId: 'med_other', sha256 });
  expect(await codeOf(await send(BYTES, elsewhere, 'med_other'))).toEqual([404, 'not_found']);
  const { [mediaHeaders.signature]: _left, ...unsigned } = good;
  expect(await codeOf(await send(BYTES, unsigned))).toEqual([400, 'missing_required_parameter']);
  expect(filesIn(bridge.config.media)).toEqual([]);
});

test('a request for bytes that are on their way waits for them', async () => {
  const { bridge, key, upload, headers, send } = await mac();
  const asked = fetch(`${bridge.url}/v1/media/${upload.mediaId}/content`, { headers: { 'x-api-key': key } });
  await send(BYTES, headers({ ...upload, sha256: sha256Of(BYTES) }));
  expect(Buffer.from(await (await asked).arrayBuffer()).equals(BYTES)).toBe(true);
});

test('bytes that do not come in time are pending, and those that will not come are gone', async () => {
  const { bridge, agentId, upload } = await mac();
  const clock = new ManualClock();
  const media = { write: never, read: never, remove: never };
  const core = createCore({ store: bridge.store, clock, logger: silentLogger, media });
  const { accountId = '' } = (await core.findAgent(agentId)) ?? {};
  const caller = { accountId, mode: 'live' } as const;
  const opened = core.openMedia(caller, upload.mediaId, new AbortController().signal);
  const waiting = expect(opened).rejects.toMatchObject({
    code: 'media_pending',
    details: { retryAfterSeconds: 10 },
  });
  await clock.advance(20_250);
  await waiting;
  await bridge.core.recordEvent(agentId, 's', 2, {
    type: 'media.uploaded',
    commandId: upload.commandId,
    at: isoTime(Date.now()),
    error: { code: 'file_not_sendable', message: 'gone' },
  });
  const gone = core.openMedia(caller, upload.mediaId, new AbortController().signal);
  await expect(gone).rejects.toMatchObject({ code: 'media_unavailable' });
});

const never = (): never => {
  throw new Error('nothing is read');
};

interface MediaObject {
  id: string;
  url: string;
  filename: string;
  mimeType: string;
  kind: string;
}

test('a file of a customer is kept once for one key, and comes back as it was', async () => {
  const { bridge, key } = await mac();
  const ask = (headers: Record<string, string>, body: Uint8Array = BYTES) =>
    bridge.ask<MediaObject & { error: { code: string; param?: string } }>('POST', '/v1/media', {
      key,
      headers: { 'content-type': 'image/png; x=y', 'x-filename': 'a%20%C3%BC.png', ...headers },
      body,
    });
  const first = await ask({ 'idempotency-key': 'k' });
  expect(first.status).toBe(201);
  expect(first.json).toMatchObject({ filename: 'a ü.png', mimeType: 'image/png', kind: 'image' });
  const again = await ask({ 'idempotency-key': 'k' });
  expect([again.status, again.json.id]).toEqual([200, first.json.id]);
  expect((await ask({ 'idempotency-key': 'k' }, Buffer.from('other'))).status).toBe(409);
  expect(filesIn(bridge.config.media)).toHaveLength(1);
  const content = await fetch(bridge.url + first.json.url, { headers: { 'x-api-key': key } });
  expect(Buffer.from(await content.arrayBuffer()).equals(BYTES)).toBe(true);

  expect((await ask({}, Buffer.alloc(0))).json.error.code).toBe('empty_media');
  for (const name of ['a/b', '%00', '%zz', '%2e%2e%5cx', ' ', 'x'.repeat(201)])
    expect((await ask({ 'x-filename': name })).json.error).toMatchObject({
      code: 'invalid_parameter_value',
      param: 'X-Filename',
    });
  expect((await ask({ 'content-type': 'picture' })).status).toBe(415);
  expect((await bridge.ask('POST', '/v1/media', { body: BYTES })).status).toBe(401);
  expect(filesIn(bridge.config.media)).toHaveLength(1);
});

/** What is answered to raw bytes of a request. */
function answered(bridge: RunningBridge, request: string): Promise<string> {
  const { hostname, port } = new URL(bridge.url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  return new Promise((resolve, reject) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('requestId')) resolve(text);
    });
    socket.once('error', reject);
    socket.write(request);
  });
}

test('what is too large is refused before it is sent, and a body without a length is not taken', async () => {
  const { bridge, key } = await mac();
  const head = (more: string) =>
    `POST /v1/media HTTP/1.1\r\nhost: x\r\nx-api-key: ${key}\r\ncontent-type: image/png\r\n${more}\r\n\r\n`;
  const tooLarge = await answered(bridge, head(`content-length: ${MAX_MEDIA_BYTES + 1}`));
  expect(tooLarge).toMatch(/^HTTP\/1.1 413 [\s\S]*media_too_large/);
  expect(await answered(bridge, head('transfer-encoding: chunked'))).toMatch(/^HTTP\/1.1 411 /);
  expect(filesIn(bridge.config.media)).toEqual([]);
});

test('an agent fetches what its command sends, and nothing else', async () => {
  const { bridge, key, agentId, headers } = await mac();
  const { json } = await bridge.ask<MediaObject>('POST', '/v1/media', {
    key,
    headers: { 'content-type': 'image/png' },
    body: BYTES,
  });
  const sha256 = sha256Of(BYTES);
  const file = { mediaId: json.id, name: 'a.png', mimeType: 'image/png', bytes: BYTES.length, sha256 };
  const command = {
    id: 'cmd_send',
    traceId: 't',
    issuedAt: isoTime(Date.now()),
    expiresAt: isoTime(Date.now() + 60_000),
    type: 'message.send' as const,
    to: '+14155550101',
    files: [file],
  };
  await bridge.store.appendCommand({
    agentId,
    id: command.id,
    messageId: null,
    command,
    createdAt: Date.now(),
  });
  const get = (mediaId: string, given: Record<string, string>) =>
    fetch(`${bridge.url}/agent/media/${mediaId}`, { headers: given });
  const good = headers({ mediaId: json.id, commandId: command.id, sha256 });
  const response = await get(json.id, good);
  expect(response.status).toBe(200);
  expect(Buffer.from(await response.arrayBuffer()).equals(BYTES)).toBe(true);
  const other = headers({ mediaId: json.id, commandId: 'cmd_none', sha256 });
  expect(await codeOf(await get(json.id, other))).toEqual([404, 'not_found']);
  expect(await codeOf(await get('med_0', good))).toEqual([401, 'invalid_agent_signature']);
  await bridge.core.revokeAgent(agentId);
  expect(await codeOf(await get(json.id, good))).toEqual([401, 'invalid_agent_signature']);
});

test('a body that does not come is answered 408 after 30 seconds, unless it is a file', async () => {
  const clock = new ManualClock(Date.now());
  const bridge = await runningBridge({ clock });
  const { liveKey: key } = await bridge.core.createAccount('Test');
  const begin = (path: string, type: string) =>
    answered(
      bridge,
      `POST ${path} HTTP/1.1\r\nhost: x\r\nx-api-key: ${key}\r\ncontent-type: ${type}\r\ncontent-length: 9\r\n\r\n{`,
    );
  const slow = begin('/v1/messages', 'application/json');
  let file: string | undefined;
  void begin('/v1/media', 'image/png').then((text) => {
    file = text;
  });
  await eventually(() => filesIn(bridge.config.media).length === 1, {
    what: 'the file that is being written',
  });
  await clock.advance(30_000);
  expect(await slow).toMatch(/^HTTP\/1.1 408 [\s\S]*connection: close[\s\S]*request_timeout/);
  expect(file).toBeUndefined();
});
