import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { closeCodes } from '../../bridge/protocol/close-codes.ts';
import { commandSchema } from '../../bridge/protocol/commands.ts';
import { enrolRequestSchema, enrolResponseSchema } from '../../bridge/protocol/enrolment.ts';
import { agentEventSchema } from '../../bridge/protocol/events.ts';
import { fromAgentSchema, fromBridgeSchema, signedText } from '../../bridge/protocol/frames.ts';
import {
  ENROL_PATH,
  HEARTBEAT_MS,
  HELLO_LIMIT_MS,
  LINK_PATH,
  MAX_FRAME_BYTES,
  MAX_TEXT_LENGTH,
  OFFLINE_AFTER_MS,
  PROTOCOL_VERSION,
  SILENCE_LIMIT_MS,
  WINDOW,
} from '../../bridge/protocol/limits.ts';
import { MAX_MEDIA_BYTES, MEDIA_PATH, mediaHeaders, mediaSignedText } from '../../bridge/protocol/media.ts';
import { KEY_PATH, rotationSchema, rotationText } from '../../bridge/protocol/rotation.ts';
import { packageFile } from '../../bridge/runtime/package-root.ts';

const page = readFileSync(packageFile('PROTOCOL.md'), 'utf8');

const section = (title: string): string =>
  page.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? '';

/** Cells of the table of a section, without its head. */
const rows = (title: string): string[][] =>
  section(title)
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

test('the close codes of the page are those of the code', () => {
  expect(rows('Close codes')).toEqual(
    Object.entries(closeCodes)
      .map(([name, { status, retry, meaning }]) => [String(status), `\`${name}\``, `\`${retry}\``, meaning])
      .sort(([a], [b]) => Number(a) - Number(b)),
  );
});

test('the limits of the page are those of the code', () => {
  const limits = [
    PROTOCOL_VERSION,
    MAX_FRAME_BYTES,
    WINDOW,
    HELLO_LIMIT_MS,
    HEARTBEAT_MS,
    SILENCE_LIMIT_MS,
    MAX_TEXT_LENGTH,
    MAX_MEDIA_BYTES,
  ];
  expect(rows('Limits').map(([, limit]) => Number(limit))).toEqual(limits);
  const prose = page.replaceAll(/\s+/g, ' ');
  expect(prose).toContain(`\`POST ${ENROL_PATH}\``);
  expect(prose).toContain(`\`${LINK_PATH}\``);
  expect(prose).toContain(`within ${HELLO_LIMIT_MS / 1_000} seconds`);
  expect(prose).toContain(`ping every ${HEARTBEAT_MS / 1_000} seconds`);
  expect(prose).toContain(`arrived for ${SILENCE_LIMIT_MS / 1_000} seconds`);
  expect(prose).toContain(`nothing was seen for ${OFFLINE_AFTER_MS / 1_000} seconds`);
  expect(prose).toContain(`at most ${WINDOW} frames`);
});

const schemas: Record<string, z.ZodType[]> = {
  agent: [fromAgentSchema],
  bridge: [fromBridgeSchema],
  both: [fromAgentSchema, fromBridgeSchema],
  'enrol-request': [enrolRequestSchema],
  'enrol-response': [enrolResponseSchema],
  'rotation-request': [rotationSchema],
};

const examples = [...page.matchAll(/^```json ([a-z-]+)\n([\s\S]*?)^```$/gm)].map(
  ([, kind = '', text = '']) => ({ kind, value: JSON.parse(text) as { type?: string } }),
);

test('every example is what the schemas take, and every frame has one', () => {
  for (const { kind, value } of examples) {
    expect(schemas[kind]).toBeDefined();
    for (const schema of schemas[kind] ?? []) expect(schema.parse(value)).toEqual(value);
  }
  const types = [...fromAgentSchema.options, ...fromBridgeSchema.options].map(
    (option) => option.shape.type.value,
  );
  expect(new Set(examples.flatMap(({ value }) => value.type ?? []))).toEqual(new Set(types));
});

test('the signed bytes of the page are those of the code', () => {
  const [, pattern = ''] = /^```\n(bluerelay-link.*)\n```$/m.exec(page) ?? [];
  const text = pattern.replaceAll('\\n', '\n').replace('<agentId>', 'ag_1').replace('<nonce>', 'abc');
  expect(signedText('ag_1', 'abc').toString('utf8')).toBe(text);
});

test('what is said of another key is what the code does', () => {
  expect(page).toContain(`\`POST ${KEY_PATH}\``);
  const [, pattern = ''] = /^```\n(bluerelay-key.*)\n```$/m.exec(page) ?? [];
  const text = pattern.replaceAll('\\n', '\n').replace('<agentId>', 'ag_1').replace('<publicKey>', 'abc');
  expect(rotationText('ag_1', 'abc').toString('utf8')).toBe(text);
});

test('what is said of files is what the code does', () => {
  expect(rows('Files').map(([header]) => header)).toEqual(
    Object.values(mediaHeaders).map((name) => `\`${name}\``),
  );
  expect(page).toContain(`\`POST ${MEDIA_PATH.replace(':mediaId', '<mediaId>')}\``);
  const [, pattern = ''] = /^```\n(bluerelay-media.*)\n```$/m.exec(page) ?? [];
  const names = { agentId: 'ag_1', mediaId: 'med_1', sha256: 'ff', commandId: 'cmd_1' };
  const text = Object.entries(names).reduce(
    (filled, [name, value]) => filled.replace(`<${name}>`, value),
    pattern.replaceAll('\\n', '\n'),
  );
  expect(mediaSignedText(names).toString('utf8')).toBe(text);
});

test('every type of event is on the page, and no other', () => {
  const named = rows('Connection').flatMap(([types = '']) =>
    [...types.matchAll(/`([a-z_]+\.[a-z_]+)`/g)].map(([, type]) => type),
  );
  const types = agentEventSchema.options.flatMap(({ shape: { type } }): string[] =>
    'options' in type ? type.options : [type.value],
  );
  expect(named.sort()).toEqual(types.sort());
});

test('texts are bounded in UTF-16 units, whatever characters they are of', () => {
  const received = (text: string) => ({
    ...{ type: 'message.received', guid: 'g', conversation: null, service: 'iMessage' },
    ...{ at: '2026-01-01T12:00:00.000Z', from: '+14155550101', text },
  });
  const accepts = (text: string): boolean => agentEventSchema.safeParse(received(text)).success;
  expect(['a'.repeat(80_000), '😀'.repeat(40_000)].map(accepts)).toEqual([true, true]);
  expect(['a'.repeat(80_001), '😀'.repeat(40_001)].map(accepts)).toEqual([false, false]);
  const command = (text: string) => ({
    ...{ type: 'message.send', id: 'c', traceId: 't', to: '+14155550101', text },
    ...{ issuedAt: '2026-01-01T12:00:00.000Z', expiresAt: '2026-01-01T13:00:00.000Z' },
  });
  const takes = (text: string): boolean => commandSchema.safeParse(command(text)).success;
  expect(['a'.repeat(20_000), '😀'.repeat(10_000)].map(takes)).toEqual([true, true]);
  expect(['', 'a'.repeat(20_001), '😀'.repeat(10_001)].map(takes)).toEqual([false, false, false]);
});
