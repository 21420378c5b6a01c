import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Media } from '../../agent/media/media.ts';
import type { SendMessageCommand } from '../../bridge/protocol/commands.ts';
import { mediaHeaders, mediaSignedText } from '../../bridge/protocol/media.ts';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { sendCommand, silentLogger } from '../support/agent-fixtures.ts';
import { eventually } from '../support/eventually.ts';
import { tempFolder } from '../support/temp-folder.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const AGENT = 'ag_1';
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

interface Answer {
  status: number;
  body?: Buffer | string;
}

interface World {
  media: Media;
  folder: string;
  /** Requests with a good signature: method, media id and bytes. */
  seen: Array<{ method: string; mediaId: string; commandId: string; bytes: Buffer }>;
  answers: Answer[];
  attachments: Map<string, { state: 'complete' | 'pending'; path: string | null }>;
  /** Files that were made of others, until they are discarded. */
  made: Set<string>;
}

/** A bridge that answers one thing after the other, and checks who asks. */
async function world(): Promise<World> {
  const folder = tempFolder();
  const seen: World['seen'] = [];
  const answers: Answer[] = [];
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const header = (name: keyof typeof mediaHeaders): string => String(request.headers[mediaHeaders[name]]);
    const mediaId = request.url?.split('/').at(-1) ?? '';
    const commandId = header('command');
    const signed = mediaSignedText({
      agentId: header('agent'),
      mediaId,
      sha256: header('sha256'),
      commandId,
    });
    const good = verify(null, signed, publicKey, Buffer.from(header('signature'), 'base64url'));
    const whole = request.method === 'GET' || sha256(bytes) === header('sha256');
    if (!good || !whole || header('agent') !== AGENT) {
      response.writeHead(401).end('{"error":{"code":"invalid_agent_signature"}}');
      return;
    }
    seen.push({ method: request.method ?? '', mediaId, commandId, bytes });
    const { status, body } = answers.shift() ?? { status: 204 };
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as AddressInfo;
  const attachments: World['attachments'] = new Map();
  const made = new Set<string>();
  const media = new Media({
    folder: path.join(folder, 'media'),
    identity: {
      agentId: AGENT,
      bridge: `http://127.0.0.1:${port}`,
      signMedia: (request) =>
        sign(null, mediaSignedText({ agentId: AGENT, ...request }), privateKey).toString('base64url'),
    },
    attachment: (guid) => {
      const found = attachments.get(guid);
      return found ? { name: 'a.heic', mime: null, uti: null, ...found } : null;
    },
    render: async ({ path: source }) => {
      const file = `${source}.jpg`;
      writeFileSync(file, Buffer.concat([Buffer.from('JPEG'), readFileSync(source)]));
      made.add(file);
      return { path: file, discard: () => void made.delete(file) };
    },
    clock: systemClock,
    logger: silentLogger,
  });
  onTestFinished(async () => {
    await media.stop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { media, folder, seen, answers, attachments, made };
}

const withFile = (bytes: Buffer, more: Partial<SendMessageCommand> = {}): SendMessageCommand => ({
  ...sendCommand('cmd_1'),
  files: [
    {
      mediaId: 'med_1',
      name: 'a.jpg',
      mimeType: 'image/jpeg',
      bytes: bytes.length,
      sha256: sha256(bytes),
    },
  ],
  ...more,
});

const upload = { type: 'media.upload', id: 'cmd_2', mediaId: 'med_2', attachmentGuid: 'at_0' } as const;
const order = { ...upload, traceId: 't', issuedAt: '', expiresAt: '' };

test('a file to send is fetched whole, tried again after trouble, and checked', {
  timeout: 30_000,
}, async () => {
  const { media, seen, answers, folder } = await world();
  const bytes = Buffer.alloc(300_000, 'x');
  const command = withFile(bytes);
  answers.push(
    { status: 503 },
    { status: 200, body: Buffer.alloc(300_000, 'y') },
    { status: 200, body: Buffer.alloc(300_001, 'x') },
    { status: 200, body: bytes },
  );
  expect(media.ready(command, 0)).toBeUndefined();
  const fetch = (): void => media.fetch(command, fetch);
  fetch();
  fetch();
  const file = await eventually(() => media.ready(command, 0), { within: 25_000 });
  expect(file && readFileSync(file)).toEqual(bytes);
  expect(seen.map(({ method, mediaId }) => `${method} ${mediaId}`)).toEqual(Array(4).fill('GET med_1'));
  expect(readdirSync(path.join(folder, 'media'))).toHaveLength(1);
  media.sweep(systemClock.now() + 60_000);
  expect(media.ready(command, 0)).toBeUndefined();
});

test('files that cannot be had for now take no place from others', async () => {
  const { media, seen, answers } = await world();
  answers.push(...Array.from({ length: 1_000 }, () => ({ status: 503 })));
  const bytes = Buffer.from('a');
  const commands = ['med_1', 'med_2', 'med_3'].map((mediaId) =>
    withFile(bytes, { files: withFile(bytes).files?.map((file) => ({ ...file, mediaId })) }),
  );
  const fetchAll = (): void => {
    for (const command of commands) media.fetch(command, fetchAll);
  };
  fetchAll();
  await eventually(() => seen.some(({ mediaId }) => mediaId === 'med_3'));
});

test('a file that the bridge refuses is not asked for again, and says why', async () => {
  const { media, seen, answers } = await world();
  const command = withFile(Buffer.from('abc'));
  answers.push({ status: 404, body: '{"error":{"code":"not_found"}}' });
  let changed = 0;
  media.fetch(command, () => (changed += 1));
  await eventually(() => changed === 1);
  expect(() => media.ready(command, 0)).toThrow(
    expect.objectContaining({ code: 'not_found', retry: 'never' }),
  );
  media.fetch(command, () => undefined);
  expect(seen).toHaveLength(1);
});

test('a name that leads out of the folder is refused', async () => {
  const { media, folder } = await world();
  const bytes = Buffer.from('abc');
  const [file] = withFile(bytes).files ?? [];
  if (!file) throw new Error('no file');
  const bad = withFile(bytes, { files: [{ ...file, mediaId: '../../etc' }] });
  expect(() => media.ready(bad, 0)).toThrow(expect.objectContaining({ code: 'file_not_sendable' }));
  expect(existsSync(path.join(folder, 'etc'))).toBe(false);
});

test('a received file is brought to the bridge, signed, once it is whole', async () => {
  const { media, seen, answers, attachments, folder } = await world();
  const { signal } = new AbortController();
  await expect(media.upload(order, signal)).rejects.toMatchObject({ code: 'message_unknown' });
  attachments.set('at_0', { state: 'pending', path: null });
  await expect(media.upload(order, signal)).rejects.toMatchObject({
    code: 'media_unavailable',
    retry: 'later',
  });
  const file = path.join(folder, 'photo');
  const bytes = Buffer.alloc(1_000_000, 'p');
  writeFileSync(file, bytes);
  attachments.set('at_0', { state: 'complete', path: file });
  await media.upload(order, signal);
  expect(seen).toHaveLength(1);
  expect(seen[0]).toMatchObject({ method: 'POST', mediaId: 'med_2', commandId: 'cmd_2' });
  expect(seen[0]?.bytes.equals(bytes)).toBe(true);
  answers.push({ status: 500 });
  await expect(media.upload(order, signal)).rejects.toMatchObject({ code: 'media_unavailable' });
  answers.push({ status: 400, body: '{"error":{"code":"media_damaged"}}' });
  await expect(media.upload(order, signal)).rejects.toMatchObject({ code: 'media_unavailable' });
  answers.push({ status: 404, body: '{"error":{"code":"not_found"}}' });
  await expect(media.upload(order, signal)).rejects.toMatchObject({ code: 'not_found', retry: 'never' });
});

test('what the Mac makes of a file is brought in its place, and discarded whatever happens', async () => {
  const { media, seen, answers, attachments, folder, made } = await world();
  const { signal } = new AbortController();
  const file = path.join(folder, 'photo');
  writeFileSync(file, 'heic');
  attachments.set('at_0', { state: 'complete', path: file });
  await media.upload({ ...order, rendition: true }, signal);
  expect(seen[0]?.bytes.toString()).toBe('JPEGheic');
  answers.push({ status: 500 });
  await expect(media.upload({ ...order, rendition: true }, signal)).rejects.toMatchObject({
    code: 'media_unavailable',
  });
  expect(made.size).toBe(0);
});

test('an empty file is brought as it is; a link, and one above 100 MB, are not', async () => {
  const { media, seen, attachments, folder } = await world();
  const { signal } = new AbortController();
  const file = path.join(folder, 'empty');
  writeFileSync(file, '');
  attachments.set('at_0', { state: 'complete', path: file });
  await media.upload(order, signal);
  expect(seen).toMatchObject([{ bytes: Buffer.alloc(0) }]);

  const secret = path.join(folder, 'secret');
  writeFileSync(secret, 'secret');
  const link = path.join(folder, 'link');
  symlinkSync(secret, link);
  attachments.set('at_0', { state: 'complete', path: link });
  await expect(media.upload(order, signal)).rejects.toMatchObject({ code: 'media_unavailable' });

  const large = path.join(folder, 'large');
  writeFileSync(large, '');
  truncateSync(large, 100 * 1024 * 1024 + 1);
  attachments.set('at_0', { state: 'complete', path: large });
  await expect(media.upload(order, signal)).rejects.toMatchObject({
    code: 'media_too_large',
    retry: 'never',
  });
  expect(seen).toHaveLength(1);
});

test('of a file that others write to while it goes, the bytes of one moment arrive, or none', async () => {
  const { media, seen, attachments, folder } = await world();
  const { signal } = new AbortController();
  const file = path.join(folder, 'photo');
  const bytes = Buffer.alloc(5_000_000, 'p');
  writeFileSync(file, bytes);
  attachments.set('at_0', { state: 'complete', path: file });
  const grows = media.upload(order, signal);
  for (let i = 0; i < 20; i += 1) {
    appendFileSync(file, 'more');
    await new Promise((next) => setImmediate(next));
  }
  await grows;
  const [first] = seen;
  expect(first?.bytes.subarray(0, bytes.length).equals(bytes)).toBe(true);

  const replaced = media.upload(order, signal);
  await new Promise((next) => setImmediate(next));
  const other = path.join(folder, 'other');
  writeFileSync(other, Buffer.alloc(9_000_000, 'q'));
  renameSync(other, file);
  await replaced;
  const letters = new Set(seen[1]?.bytes.subarray(0, 5_000_000));
  expect(letters.size).toBe(1);
});
