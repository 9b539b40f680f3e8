import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createRequire } from 'node:module'

const FILES = ['swagger-ui.css', 'swagger-ui-bundle.js']
const TARGET = 'public/swagger-ui'

/** Puts the API viewer's own files, from its npm package, among the static files: /docs needs no CDN. */
export default function provideViewer(): void {
  const source = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  mkdirSync(TARGET, { recursive: true })
  for (const file of FILES) {
    if (!existsSync(join(TARGET, file))) copyFileSync(join(source, file), join(TARGET, file))
  }
}
