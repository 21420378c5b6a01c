/** Whether long matrices are played whole, as `npm run test:all` does; `npm test` plays a share of them. */
export const whole = process.env.TEST_ALL === '1';
