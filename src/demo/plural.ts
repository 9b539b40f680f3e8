const rules = new Intl.PluralRules('en') // the language of these pages

/** `1 product`, `2 products`. */
export function counted(count: number, one: string, other = `${one}s`): string {
  return `${count} ${rules.select(count) === 'one' ? one : other}`
}

/** What to say to a customer who wants more than there is. */
export function onlyAvailable(available: number): string {
  return available === 0 ? 'Sold out.' : `Only ${counted(available, 'is', 'are')} available.`
}
