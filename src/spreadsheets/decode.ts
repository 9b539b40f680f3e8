/** The text of a spreadsheet, and whether its encoding had to be guessed. */
export interface Decoded {
  text: string
  isGuessed: boolean
}

/** UTF-8, or little-endian UTF-16 after its byte order mark. Other bytes are read as windows-1252, as older Excel writes. */
export function decode(bytes: Uint8Array): Decoded {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe)
    return { text: new TextDecoder('utf-16le').decode(bytes), isGuessed: false }
  try {
    return {
      text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes),
      isGuessed: false,
    }
  } catch {
    return { text: new TextDecoder('windows-1252').decode(bytes), isGuessed: true }
  }
}
