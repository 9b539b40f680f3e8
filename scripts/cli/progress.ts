/** On a terminal, updates one line; elsewhere, prints a line for each milestone. */
export function showProgress(line: string, milestone: boolean): void {
  if (process.stdout.isTTY) process.stdout.write(`\r\u001B[K${line}`)
  else if (milestone) console.log(line)
}

/** Ends the line that `showProgress` updates. */
export function endProgress(): void {
  if (process.stdout.isTTY) process.stdout.write('\n')
}
