/** Words that say how something is asked, not what about. */
const fillers = new Set(
  `a about after all also an and any are as at be been before but by can check code could did do does each every
  explain file files find for from get give go has have how i if in into is it its just kind let like look make many
  may me mean more most must my need not of on one only or our out over please project repo repository say search
  shall she should show so some source sources tell than that the their them then there these they thing things this
  those through to under up us use used uses using very want was way we were what when where whether which while who
  why will with without work works would you your where's what's how's it's there's`.split(/\s+/),
)

/** Longer terms are no words of a question but data, and more than the tools take. */
const longestTerm = 120

/** A search term taken from a request. */
export interface Keyword {
  /** As the user wrote it. */
  readonly word: string
  /** What is searched for: the word without its ending, so that `renewed` finds `renew` and `renewal`. */
  readonly stem: string
}

/** Text that the user put in quotes or backticks: the plainest sign of what is meant. */
export function quotedIn(request: string): string | null {
  const match = /`([^`]+)`|"([^"]+)"|“([^”]+)”|(?<!\w)'([^']+)'(?!\w)/.exec(request)
  const quoted = match?.[1] ?? match?.[2] ?? match?.[3] ?? match?.[4] ?? null
  return quoted === null || quoted.length > longestTerm ? null : quoted
}

/** A word that looks like code: camelCase, snake_case, SCREAMING, dotted or called. */
export function identifierIn(request: string): string | null {
  const words = request.match(/[A-Za-z_$][\w$]*(?:[.-][\w$]+)*(?:\(\))?/g) ?? []
  const code = words.find(
    (word) =>
      word.length <= longestTerm &&
      (/[a-z][A-Z]|\w_\w|\(\)$|^[A-Z]{3,}$/.test(word) || /^[A-Z][a-z]+[A-Z]/.test(word)),
  )
  return code?.replace(/\(\)$/, '') ?? null
}

/** The words worth searching for, in the order of the request, at most `limit`. */
export function keywordsOf(request: string, limit: number): readonly Keyword[] {
  const words = request.match(/[\p{L}_][\p{L}\p{N}_'-]*/gu) ?? []
  const keywords: Keyword[] = []
  for (const word of words) {
    const stem = stemOf(word.toLowerCase().replace(/'s$/, ''))
    const known = fillers.has(word.toLowerCase()) || keywords.some((keyword) => keyword.stem === stem)
    if (stem.length < 3 || word.length > longestTerm || known) continue
    keywords.push({ word, stem })
  }
  return keywords.slice(0, limit)
}

/** Cuts the commonest English endings: crude, and good enough for a search that matches parts of words. */
function stemOf(word: string): string {
  const [, bare] = /^(.{3,}?)(?:ings?|ed|es|s|ers?|ly)$/.exec(word) ?? []
  if (bare === undefined || /ss$/.test(word)) return word
  return bare.replace(/([bdgmnprt])\1$/, '$1')
}
