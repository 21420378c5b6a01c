/** Whether long matrices are played whole, as `npm run test:all` does; `npm test` plays an even share of them. */
const whole = process.env.TEST_ALL === '1';

/** Whether case `index` of a long matrix is played: every one of `share` unless the whole is asked for. */
export const inShare = (index: number, share: number): boolean => whole || index % share === 0;
