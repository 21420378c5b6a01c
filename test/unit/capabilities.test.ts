import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCalibration, saveCalibration } from '../../agent/mac/calibration.ts';
import { type CapabilityFacts, capabilities } from '../../agent/mac/capabilities.ts';
import {
  type Permission,
  type PermissionComponent,
  permissionComponents,
} from '../../agent/mac/permissions.ts';
import { readUserSettings } from '../../agent/mac/user-settings.ts';
import { binaryPlist } from '../../agent/virtual-mac/messages-store/binary-plist.ts';
import { actions } from '../../bridge/protocol/common.ts';
import { capabilitiesSchema } from '../../bridge/protocol/line-events.ts';
import { tempFolder } from '../support/temp-folder.ts';

const permissions = (
  denied: PermissionComponent[] = [],
  other: Permission['status'] = 'granted',
): Permission[] =>
  permissionComponents.map((component) => ({
    component,
    status: denied.includes(component) ? 'denied' : other,
    detail: `${component} found`,
    fix: 'mend it',
  }));

function matrix(facts: Partial<CapabilityFacts> = {}) {
  const found = capabilities({
    macos: '15.7.1',
    permissions: permissions(),
    calibration: {},
    settings: { fullKeyboardAccess: true },
    sendingAllowed: true,
    ...facts,
  });
  expect(found.map(({ action }) => action)).toEqual(actions);
  const event = { type: 'line.capabilities', at: '2026-01-01T00:00:00.000Z', macos: '26', actions: found };
  expect(capabilitiesSchema.safeParse(event).success).toBe(true);
  return Object.fromEntries(found.map((row) => [row.action, row]));
}

const unavailable = (rows: ReturnType<typeof matrix>): string[] =>
  Object.values(rows).flatMap(({ action, method }) =>
    method === 'unavailable' && !NO_WAY.includes(action) ? [action] : [],
  );

/** What no release can do. */
const NO_WAY = ['react_emoji', 'react_part', 'rename_group', 'group_icon', 'group_members', 'leave_group'];
/** Nobody has told how releases after macOS 12 show that a call still rings. */
const RING = 'call_ring_timeout';
/** The Phone app of macOS 26 holds audio calls. */
const AUDIO_END = 'call_end_audio';

describe('the release decides', () => {
  test.each([
    ['12.7.6', ['send_effect', 'edit', 'unsend', 'mark_read']],
    ['13.7.8', ['send_effect', RING]],
    ['15.7.1', ['send_effect', RING]],
    ['26.4', [AUDIO_END, RING]],
    ['26.5', ['call_audio', 'call_video', AUDIO_END, RING]],
    ['27.0', ['call_audio', 'call_video', AUDIO_END, RING]],
  ])('macOS %s cannot %j', (macos, missing) => {
    expect(unavailable(matrix({ macos })).sort()).toEqual([...missing].sort());
  });

  test.each(NO_WAY)('%s has no way anywhere, with its reason', (action) => {
    expect(matrix()[action]).toMatchObject({ method: 'unavailable', macos: 'none' });
    expect(matrix()[action]?.reason).toMatch(/no way|no other/);
  });

  test('one that is not known is said to be so', () => {
    expect(matrix({ macos: 'unknown' }).react?.reason).toContain('not known');
    expect(matrix({ macos: '28.0' }).send_text).toMatchObject({ method: 'scripting' });
  });
});

const UI = ['reply', 'react', 'edit', 'unsend', 'typing', 'mark_read', 'create_group', 'send_effect'];
const CALLS = ['call_audio', 'call_video', 'call_end'];
const SENDS = ['send_text', 'send_file', 'send_group'];

describe('what the Mac does not allow', () => {
  test('Messages that does not run takes nothing away: it is opened again', () => {
    const found = permissions().map((permission) =>
      permission.component === 'messages'
        ? { ...permission, status: 'denied' as const, cause: 'not_running' as const }
        : permission,
    );
    expect(unavailable(matrix({ permissions: found }))).toEqual(['send_effect', RING]);
  });

  test.each<[PermissionComponent, string[]]>([
    ['accessibility', [...UI, ...CALLS]],
    ['screen', [...UI, ...CALLS]],
    ['automation_system_events', [...UI, ...CALLS]],
    ['automation_messages', SENDS],
    ['messages', [...SENDS, ...UI]],
    ['full_disk_access', ['lookup']],
    ['start_conversations_from', []],
  ])('%s takes %j away, with its reason', (component, gone) => {
    const rows = matrix({ macos: '26.4', permissions: permissions([component]) });
    expect(unavailable(rows).sort()).toEqual([...gone, AUDIO_END, RING].sort());
    for (const action of gone) expect(rows[action]?.reason).toBe(`${component} found. mend it`);
  });

  test('is tried where it is not known', () => {
    expect(unavailable(matrix({ macos: '26.4', permissions: permissions([], 'unknown') }))).toEqual([
      AUDIO_END,
      RING,
    ]);
  });

  test('sending that is not allowed leaves the lookup', () => {
    expect(unavailable(matrix({ macos: '26.4', sendingAllowed: false }))).toEqual(
      actions.filter((action) => action !== 'lookup' && !NO_WAY.includes(action)),
    );
  });

  test('a ring timeout needs the screen, where a release has it at all', () => {
    expect(matrix({ macos: '12.7.6' })[RING]).toMatchObject({ method: 'ui', macos: '12' });
    const locked = matrix({ macos: '12.7.6', permissions: permissions(['screen']) });
    expect(locked[RING]).toMatchObject({ method: 'unavailable', reason: 'screen found. mend it' });
  });
});

describe('calibration', () => {
  const tried = (result: 'works' | 'fails', macos: string) => ({
    react: { result, macos, at: 0, code: 'ui_not_recognised' },
    call_audio: { result, macos, at: 0, code: 'call_prompt_hidden' },
  });

  test('takes away what failed and gives what is proven, on the release where it was tried', () => {
    const failed = matrix({ macos: '26.4', calibration: tried('fails', '26.4') });
    expect(failed.react).toMatchObject({ method: 'unavailable', calibrated: 'fails' });
    expect(failed.react?.reason).toContain('ui_not_recognised');
    const proven = matrix({ macos: '27.0', calibration: tried('works', '27.0') });
    expect(proven.call_audio).toMatchObject({ method: 'ui', calibrated: 'works' });
    expect(proven.call_video).toMatchObject({ method: 'unavailable', calibrated: 'never' });
    const other = matrix({ macos: '27.0', calibration: tried('fails', '26.4') });
    expect(other.react).toMatchObject({ method: 'ui', calibrated: 'never' });
  });

  test('does not help against a permission that is missing', () => {
    const rows = matrix({
      macos: '27.0',
      calibration: tried('works', '27.0'),
      permissions: permissions(['accessibility']),
    });
    expect(rows.call_audio?.method).toBe('unavailable');
  });

  test('is kept, result by result, and a damaged file is as none', () => {
    const home = tempFolder();
    expect(readCalibration(home)).toEqual({});
    const works = { result: 'works', macos: '26.4', at: 1 } as const;
    const fails = { result: 'fails', macos: '26.4', at: 2, code: 'act_failed' } as const;
    saveCalibration(home, 'react', works);
    saveCalibration(home, 'edit', fails);
    saveCalibration(home, 'react', fails);
    expect(readCalibration(home)).toEqual({ react: fails, edit: fails });
    for (const damaged of ['', '{', '{"version":2}', '{"version":1,"results":{"fly":{}}}']) {
      writeFileSync(path.join(home, 'calibration.json'), damaged);
      expect(readCalibration(home)).toEqual({});
    }
  });
});

describe('Full Keyboard Access', () => {
  const works = { call_audio: { result: 'works', macos: '26.4', at: 0 } } as const;
  const calls = (macos: string, fullKeyboardAccess?: boolean, calibration = {}) => {
    const settings = fullKeyboardAccess === undefined ? {} : { fullKeyboardAccess };
    const rows = matrix({ macos, settings, calibration });
    return [rows.call_audio, rows.call_video, rows.call_end].map((row) => row?.method).join();
  };

  test('is what calls on macOS 26.0 to 26.4 need, and no other release', () => {
    for (const macos of ['26.0', '26.4.1']) {
      expect(calls(macos, true)).toBe('ui,ui,ui');
      expect(calls(macos, false)).toBe('unavailable,unavailable,ui');
      expect(calls(macos)).toBe('unavailable,unavailable,ui');
    }
    for (const macos of ['12.7.6', '15.7.1']) expect(calls(macos, false)).toBe('ui,ui,ui');
    expect(matrix({ macos: '26.4', settings: {} }).call_audio?.reason).toMatch(
      /Full Keyboard Access is off\. Turn it on in System Settings, Accessibility, Keyboard/,
    );
  });

  test('that was never set is not needed where a call was proven without, and is where it was turned off', () => {
    expect(calls('26.4', undefined, works)).toBe('ui,unavailable,ui');
    expect(calls('26.4', false, works)).toBe('unavailable,unavailable,ui');
  });

  test.each([
    ['bplist', binaryPlist({ FullKeyboardAccessEnabled: true }), true],
    ['bplist', binaryPlist({ FullKeyboardAccessEnabled: 0 }), false],
    ['XML', xml('<key>FullKeyboardAccessEnabled</key><true/>'), true],
    ['XML', xml('<key>FullKeyboardAccessEnabled</key><integer>1</integer>'), true],
    ['without it', xml('<key>ReduceMotionEnabled</key><true/>'), undefined],
    ['damaged', 'bplist00', undefined],
  ])('is read from where macOS keeps it: %s', (_, bytes, set) => {
    const home = tempFolder();
    expect(readUserSettings(home)).toEqual({});
    const folder = path.join(home, 'Library/Preferences');
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'com.apple.Accessibility.plist'), bytes);
    expect(readUserSettings(home).fullKeyboardAccess).toBe(set);
  });

  function xml(content: string): string {
    return `<?xml version="1.0"?><plist version="1.0"><dict>${content}</dict></plist>`;
  }
});

describe('a Mac that speaks another language', () => {
  const rows = (macos: string, language?: string) =>
    matrix({ macos, settings: { fullKeyboardAccess: true, ...(language && { language }) } });
  const lost = (macos: string, language: string): string[] => {
    const always = unavailable(rows(macos, 'en-GB'));
    return unavailable(rows(macos, language)).filter((action) => !always.includes(action));
  };

  test.each([
    ['15.7', ['call_audio', 'call_video']],
    ['26.4', ['call_audio', 'call_video', 'react', 'send_effect']],
    ['27.0', ['react', 'send_effect']],
  ])('macOS %s is not asked for what is known by English words alone: %j', (macos, missing) => {
    expect(lost(macos, 'ja-JP').sort()).toEqual(missing);
    expect(rows(macos)).toEqual(rows(macos, 'en'));
    for (const action of missing) expect(rows(macos, 'ja-JP')[action]?.reason).toContain('speaks ja-JP');
  });
});
