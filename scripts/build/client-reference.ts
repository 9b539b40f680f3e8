import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as prettier from 'prettier'
import { fail } from '../cli/options.ts'

/**
 * A reference of the client in Markdown, from the declarations that tsc has written to this folder: every method by
 * its full name, every type that kiosk.ts exports, and the types of the API.
 */
export async function clientReference(folder: string): Promise<string> {
  const read = (module: string) =>
    readFileSync(join(folder, `${module}.d.ts`), 'utf8').replaceAll(/import\("[^"]+"\)\./g, '')
  const kiosk = read('kiosk')
  const exported = [...kiosk.matchAll(/^export (?:type )?\{ (.+) \} from '\.\/([\w-]+)\.ts';$/gm)]
    .filter(([, , module]) => module !== 'api')
    .flatMap(([, names, module]) =>
      names!.split(', ').map((name) => declarationOf(read(module!), name.replace('type ', ''))),
    )
  const page = [
    section('Accounts', methodsOf(read('account'), 'shop')),
    section('Shopping', methodsOf(read('shopping'), 'shop')),
    section('Staff', methodsOf(read('admin'), 'shop.admin')),
    section('Types', [declarationOf(kiosk, 'kiosk'), declarationOf(kiosk, 'Kiosk'), ...exported]),
    section('Types of the API', [spaced(read('api'))]),
  ]
  const options = (await prettier.resolveConfig('docs/client.md')) ?? {}
  return prettier.format(page.join('\n'), { ...options, parser: 'markdown' })
}

function section(title: string, declarations: string[]): string {
  return `## ${title}\n\n\`\`\`ts\n${declarations.join('\n\n').trim()}\n\`\`\`\n`
}

/** A signature with its comment for each method of the object that the module's function returns. */
function methodsOf(source: string, prefix: string): string[] {
  const [, body] = /^export declare function \w+Methods\(.*\{\n((?: .*\n)+)\};$/m.exec(source)!
  const lines = unwrapped(body!).split('\n')
  const path = [prefix]
  const signatures: string[] = []
  let comment = ''
  for (const line of lines.map((each) => each.trim()).filter(Boolean)) {
    const group = /^(\w+): \{$/.exec(line)?.[1]
    const [, name, parameters, answer] = /^(\w+)(?:: )?(\(.*\))(?: =>|:) (.*);$/.exec(line) ?? []
    if (line.startsWith('/**')) comment = line
    else if (group !== undefined) path.push(group)
    else if (line === '};') path.pop()
    else if (name === undefined || comment === '') fail(`The client has a method without a comment: ${line}`)
    else {
      signatures.push(`${comment}\n${[...path, name].join('.')}${parameters}: ${answer}`)
      comment = ''
    }
  }
  return signatures
}

/** Each method, and each comment, on one line. */
function unwrapped(body: string): string {
  return body
    .replaceAll(/\/\*\*[^]*?\*\//g, (comment) => comment.replaceAll(/\n\s*(?:\*(?!\/) ?)?/g, ' '))
    .replaceAll(/<\{\n[^{}]*\}>/g, (type) => type.replaceAll(/;?\n\s*(?=\})|\n\s*/g, ' '))
}

/** One exported declaration with its comment. */
function declarationOf(source: string, name: string): string {
  const comment = '(?:/\\*\\*(?:(?!\\*/)[^])*\\*/\\n)?'
  const head = `(?:export )?(?:declare )?(?:interface|class|type|function) ${name}\\b`
  const declaration = new RegExp(`^${comment}${head}(?:.*\\{\\n(?: .*\\n)*\\}|.*;)$`, 'm').exec(source)?.[0]
  if (declaration === undefined) return fail(`The types of the client have no ${name}.`)
  return declaration.replace(/^(?:export |declare )+/m, '').replace('    #private;\n', '')
}

/** A blank line after each declaration. */
function spaced(source: string): string {
  return source.replaceAll(/^export /gm, '').replaceAll(/^(\}|\S.*;)$/gm, '$1\n')
}
