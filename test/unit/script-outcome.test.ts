import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { actOutcomeSchema } from '../../agent/mac/outcome.ts';
import { type Ending, MARKER, scriptOutcome } from '../../agent/mac/script-outcome.ts';

const ending = (over: Partial<Ending>): Ending => ({
  returned: undefined,
  stderr: '',
  stderrComplete: true,
  killed: undefined,
  ...over,
});

describe('the outcome of a run', () => {
  test.each<[string, Partial<Ending>, object]>([
    [
      'done after the marker',
      { returned: { ok: true, step: 'sent' }, stderr: `${MARKER}\n` },
      { outcome: 'handed_over' },
    ],
    ['done without a marker', { returned: { ok: true, step: 'sent' } }, { outcome: 'uncertain' }],
    [
      'an uncaught error before the marker, in another language',
      { stderr: '执行错误: Error: 无法获得对象。 (-1743)\n' },
      { outcome: 'not_started', error: { code: 'automation_denied', apple: -1743 } },
    ],
    [
      'an uncaught error after the marker',
      { stderr: `${MARKER}\nexecution error: Error: x (-1728)\n` },
      { outcome: 'uncertain' },
    ],
    [
      'text in place of a result, after the marker',
      { returned: 'ok', stderr: `${MARKER}\n` },
      { outcome: 'uncertain' },
    ],
    [
      'text in place of a result',
      { returned: 'ok' },
      { outcome: 'not_started', error: { code: 'act_failed' } },
    ],
    ['killed, with stderr cut off', { killed: 'deadline', stderrComplete: false }, { outcome: 'uncertain' }],
    [
      'killed before the marker',
      { killed: 'deadline' },
      { outcome: 'not_started', error: { code: 'act_timed_out' } },
    ],
    ['a text that only mentions the marker', { stderr: `say ${MARKER}` }, { outcome: 'not_started' }],
    [
      'an envelope with more than it should have',
      { returned: { ok: true, step: 'sent', text: 'x' }, stderr: `${MARKER}\n` },
      { outcome: 'uncertain' },
    ],
  ])('%s', (_name, over, expected) => {
    expect(scriptOutcome(ending(over))).toMatchObject(expected);
  });

  test('is never "not started" once the marker may have been written, and always fits a result file', () => {
    const endings = fc.record({
      returned: fc.oneof(
        fc.record({
          ok: fc.boolean(),
          step: fc.constantFrom('account', 'send', 'sent'),
          errorNumber: fc.integer(),
        }),
        fc.anything(),
      ),
      stderr: fc
        .array(
          fc.oneof(
            fc.constant(MARKER),
            fc.string(),
            fc.integer().map((number) => `x (${number})`),
          ),
        )
        .map((lines) => lines.join('\n')),
      stderrComplete: fc.boolean(),
      killed: fc.constantFrom('deadline' as const, 'stop' as const, undefined),
    });
    fc.assert(
      fc.property(endings, (one) => {
        const outcome = scriptOutcome(one);
        if (one.stderr.split('\n').includes(MARKER) || !one.stderrComplete)
          expect(outcome.outcome).not.toBe('not_started');
        expect(actOutcomeSchema.parse(JSON.parse(JSON.stringify(outcome)))).toEqual(outcome);
      }),
    );
  });
});
