import type { LineOperation } from '../store/types.ts';

type State = LineOperation['state'];

const ENDS: readonly State[] = ['done', 'failed', 'canceled'];

/** Whether nothing changes any more. What is uncertain may still turn out to be done, or to have failed. */
export const isEnded = (state: State): boolean => ENDS.includes(state);

/** Whether nothing more is expected: it has ended, or nobody knows. */
export const isOver = (state: State): boolean => isEnded(state) || state === 'uncertain';
