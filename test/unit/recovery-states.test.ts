import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextStep, type RecoveryState, type Sight, WELL } from '../../agent/mac/recovery-states.ts';

/** Steps that are taken while each look shows the next sight; the last sight goes on for ever. */
function stepsFor(...sights: Sight[]): string[] {
  const steps: string[] = [];
  let state: RecoveryState = WELL;
  for (let look = 0; look < 40; look += 1) {
    const sight = sights[Math.min(look, sights.length - 1)] ?? 'answers';
    state = nextStep(state, sight);
    if (state.step === 'well' || state.step === 'person') return [...steps, state.step];
    steps.push(state.step);
  }
  return steps;
}

test.each<[string, Sight[], string]>([
  ['gone and opened', ['not_running', 'answers'], 'open well'],
  ['quits when asked', ['silent', 'not_running', 'answers'], 'quit open well'],
  ['ends by a signal', ['silent', 'silent', 'not_running', 'answers'], 'quit terminate open well'],
  [
    'has to be killed',
    ['silent', 'silent', 'silent', 'not_running', 'answers'],
    'quit terminate kill open well',
  ],
  ['hangs again for imagent', ['silent', 'not_running', 'silent', 'answers'], 'quit open restart_agent well'],
  ['never opens', ['not_running'], 'open open open restart_agent open open open person'],
  ['never answers', ['silent'], 'quit terminate kill restart_agent quit terminate kill person'],
])('Messages that %s', (_name, sights, steps) => {
  expect(stepsFor(...sights).join(' ')).toBe(steps);
});

test('whatever is seen, a person is called for in the end, or Messages is well', () => {
  const sight = fc.constantFrom<Sight>('silent', 'not_running');
  fc.assert(
    fc.property(fc.array(sight, { minLength: 20, maxLength: 20 }), (sights) => {
      let state: RecoveryState = WELL;
      for (const seen of sights) state = nextStep(state, seen);
      expect(state.step).toBe('person');
      expect(nextStep(state, 'answers')).toEqual(WELL);
    }),
  );
});
