/** On a terminal one line that changes; elsewhere a line for each milestone. */
export function showProgress(line: string, milestone: boolean): void {
  if (process.stdout.isTTY) process.stdout.write(`\r\u001B[K${line}`)
  else if (milestone) console.log(line)
}

/** Leaves the line as it is, for what comes after it. */
export function endProgress(): void {
  if (process.stdout.isTTY) process.stdout.write('\n')
}
