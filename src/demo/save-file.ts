/** Saves a file on the user's device, as a link with `download` does. */
export function saveFile(file: Blob, name: string): void {
  const url = URL.createObjectURL(file)
  const anchor = Object.assign(document.createElement('a'), { href: url, download: name })
  anchor.click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000) // the download may begin late
}

/** The name of an export of today. */
export function fileName(what: string): string {
  return `${what}-${new Date().toISOString().slice(0, 10)}.csv`
}
