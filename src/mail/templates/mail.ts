/** A mail as its template writes it, from which its text and its HTML are made. Values are plain text. */
export interface Mail {
  subject: string
  blocks: readonly Block[]
}

/** A paragraph, lines of one paragraph, or a link with its label. */
export type Block = string | readonly string[] | Link

export interface Link {
  label: string
  url: string
}

/** The parts of a rendered mail. */
export interface RenderedMail {
  subject: string
  text: string
  html: string
}

/** Renders a mail, signed with the name of the shop. */
export function renderMail({ subject, blocks }: Mail, shop_name: string): RenderedMail {
  const signed: readonly Block[] = [...blocks, shop_name]
  return {
    subject,
    text: `${signed.map(toText).join('\n\n')}\n`,
    html: `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${escaped(subject)}</title></head>
<body style="margin:24px;max-width:36em;font:16px/1.5 sans-serif">
${signed.map(toHtml).join('\n')}
</body>
</html>
`,
  }
}

function toText(block: Block): string {
  if (typeof block === 'string') return block
  return 'url' in block ? `${block.label}:\n${block.url}` : block.join('\n')
}

function toHtml(block: Block): string {
  if (typeof block === 'string') return `<p>${escaped(block)}</p>`
  return 'url' in block
    ? `<p><a href="${escaped(block.url)}">${escaped(block.label)}</a></p>`
    : `<p>${block.map(escaped).join('<br>\n')}</p>`
}

function escaped(value: string): string {
  return value.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`)
}
