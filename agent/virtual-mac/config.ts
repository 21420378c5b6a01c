/** The environment that osascript was started with: what programs read by `$.getenv`. */
export const osascriptEnvironment: Readonly<Record<string, string | undefined>> = process.env;
