import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openMacCare } from '../../agent/mac/care.ts';
import { Staging } from '../../agent/mac/staging.ts';
import { VoiceNotes } from '../../agent/mac/voice-notes.ts';
import { startVirtualMac } from '../../agent/virtual-mac/virtual-mac.ts';
import { systemClock } from '../../bridge/runtime/clock.ts';
import { silentLogger } from '../support/agent-fixtures.ts';
import { eventually } from '../support/eventually.ts';
import { messageRows } from '../support/message-rows.ts';
import { tempFolder } from '../support/temp-folder.ts';

const FRIEND = '+14155550103';

test('a sound of another kind goes out as a Core Audio file of the name that voice notes have', async () => {
  const folder = tempFolder();
  const macHome = path.join(folder, 'mac');
  const virtualMac = await startVirtualMac({
    ...{ home: macHome, macos: '15', clock: systemClock, logger: silentLogger },
  });
  onTestFinished(() => virtualMac.stop());
  const care = openMacCare({
    home: path.join(folder, 'agent'),
    macHome,
    target: { kind: 'virtual', home: macHome },
    allowSending: true,
    clock: systemClock,
    logger: silentLogger,
    onCapabilities: () => undefined,
  });
  onTestFinished(() => care.stop(new AbortController().signal));
  const source = path.join(folder, 'med_1');
  writeFileSync(source, 'ID3 a song');
  const staged = await care.staging.stage('act_1', { source, name: 'Memo.MP3', voiceNote: true });
  expect(path.basename(staged)).toBe('Audio Message.caf');
  expect(readFileSync(staged).toString('latin1', 0, 4)).toBe('caff');
  expect(readFileSync(source, 'utf8')).toBe('ID3 a song');
  expect(readdirSync(path.join(folder, 'agent', 'voice-notes'))).toEqual([]);
  expect(await care.mac.perform('act_1', { kind: 'send_file', handle: FRIEND, path: staged })).toEqual({
    outcome: 'handed_over',
  });
  await eventually(() => messageRows(virtualMac.messagesDb).length === 1, { within: 60_000 });
});

/** Voice notes by a program of the test in the place of afconvert. */
function withTool(script: string | undefined, limitMs = 20_000) {
  const folder = tempFolder();
  const tool = path.join(folder, 'afconvert');
  if (script !== undefined) {
    writeFileSync(tool, `#!/bin/sh\n${script}\n`);
    chmodSync(tool, 0o700);
  }
  const source = path.join(folder, 'source');
  writeFileSync(source, 'RIFF a sound');
  const made = path.join(folder, 'made');
  const target = { kind: 'system' } as const;
  const voiceNotes = new VoiceNotes({ folder: made, target, tool, limitMs, clock: systemClock });
  const staging = new Staging(path.join(folder, 'home'), voiceNotes);
  const stage = (name: string) => staging.stage('act_1', { source, name, voiceNote: true });
  return { stage, voiceNotes, made, folder };
}

test('the tool of macOS is asked for one channel of uncompressed sound, as BlueBubbles asks it', async () => {
  const { stage, folder } = withTool(
    'printf "%s " "$@" > "$(dirname "$0")/args"; for to; do :; done; printf caff > "$to"',
  );
  expect(readFileSync(await stage('a.wav'), 'latin1')).toBe('caff');
  const args = readFileSync(path.join(folder, 'args'), 'utf8').replaceAll(/\/\S+\//g, '');
  expect(args).toBe('-f caff -d LEI16@44100 -c 1 in.wav out.caf ');
});

test.each<[string, string | undefined, string, number, RegExp]>([
  ['without the tool', undefined, 'a.mp3', 20_000, /is not on this machine/],
  ['of what is no sound', 'exit 0', 'a.pdf', 20_000, /cannot be made of a file \.pdf/],
  ['of what the tool cannot read', 'exit 1', 'a.mp3', 20_000, /could make no voice note/],
  ['by a tool that hangs', 'sleep 60', 'a.mp3', 300, /took too long/],
  [
    'by a tool that makes something else',
    'for to; do :; done; printf junk > "$to"',
    'a.mp3',
    20_000,
    /Core Audio/,
  ],
])('%s no voice note is sent, and why is said', async (_name, script, name, limitMs, why) => {
  const { stage, made } = withTool(script, limitMs);
  const error = { code: 'file_not_sendable', retry: 'never', message: expect.stringMatching(why) };
  await expect(stage(name)).rejects.toMatchObject(error);
  if (script !== undefined && name === 'a.mp3') expect(readdirSync(made)).toEqual([]);
});

test('a voice note that the agent stops in the middle of is made another time', async () => {
  const { stage, voiceNotes } = withTool('sleep 60');
  const staged = stage('a.mp3');
  const ended = expect(staged).rejects.toMatchObject({ code: 'act_interrupted', retry: 'later' });
  voiceNotes.stop();
  await ended;
});
