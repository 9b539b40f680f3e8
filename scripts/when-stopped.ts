/** Calls `end` when the script is to stop: by a signal, or because the npm that runs it has gone. */
export function whenStopped(end: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end)
  // A signal to npm reaches its shell and no further: when the shell is gone, so are we.
  const shell = process.ppid
  setInterval(() => process.ppid === shell || end(), 500).unref()
}
