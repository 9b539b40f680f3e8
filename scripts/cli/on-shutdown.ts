/** Calls `end` when the script has to stop: on a signal, or because the npm that runs it is gone. */
export function onShutdown(end: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end)
  // A signal to npm reaches its shell but not this process, so the end of the shell counts as one.
  const shell = process.ppid
  setInterval(() => process.ppid === shell || end(), 500).unref()
}
