/** A part of a document that states how the project is built or was decided: it is no promise to users. */
const STRUCTURE = {
  /**
   * Tables that lead to files, list facts about others' software or repeat `.env.example`, whose sentences are listed, by the
   * head of their first column.
   */
  tables: ['file', 'folder', 'layer', 'what happens', 'no.', 'version', 'feature', 'setting'],
  /** Sections of a decision record. Its decision and its consequences bind the system. */
  sections: ['Context', 'Rejected options'],
  /** An admitted limit. */
  beginnings: ['Bad, because'],
};

const plain = (text: string) =>
  text
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    // The bold name of an entry is no sentence.
    .replace(/^ *\*\*[^*]+[.?]\*\* /, '')
    .replaceAll('**', '')
    .replace(/\s+/g, ' ')
    .trim();

/** Cuts a text after `.`, `!` or `?` where a new sentence begins. */
const cut = (text: string) => plain(text).split(/(?<=[.!?]\)?) (?=[A-Z`“"…<_])/);

/** The texts of a Markdown document: paragraphs, entries of lists and rows of tables, each in one line. */
function markdownTexts(markdown: string): string[] {
  const texts: string[] = [];
  let section = '';
  let text = '';
  let tableHead: string | undefined;
  const end = () => {
    if (text && !STRUCTURE.beginnings.some((beginning) => plain(text).startsWith(beginning))) texts.push(text);
    text = '';
  };
  const withoutBlocks = markdown.replace(/^ *```[\s\S]*?^ *```$|^<(p|picture)>[\s\S]*?^<\/\1>$/gm, '');
  for (const line of withoutBlocks.split('\n')) {
    const [, title] = /^#+ (.*)/.exec(line) ?? [];
    if (title !== undefined) {
      end();
      section = title;
    } else if (STRUCTURE.sections.includes(section) || line.startsWith('![')) {
    } else if (line.startsWith('|')) {
      const cells = line.split('|').slice(1, -1).map(plain);
      if (tableHead === undefined) tableHead = cells[0] ?? '';
      else if (!/^-+$/.test(cells[1] ?? '') && !STRUCTURE.tables.includes(tableHead)) texts.push(cells.join(' | '));
    } else if (line === '') end();
    else {
      if (/^ *(-|\d+\.) /.test(line)) end();
      text += ` ${line.replace(/^ *(-|\d+\.) /, '')}`;
    }
    if (!line.startsWith('|')) tableHead = undefined;
  }
  end();
  return texts;
}

/** The comments of a file of settings; those of consecutive lines are one text. */
const commentTexts = (text: string) =>
  [...text.matchAll(/(?:^ *#.*\n)+/gm)].map(([comment]) => comment.replace(/^ *# ?(-+ )?/gm, '').replaceAll('\n', ' '));

/** The sentences of a document in their order, without its structure. Markup, links and line ends are removed. */
export function sentencesOf(file: string, text: string): string[] {
  const texts = file.endsWith('.md') ? markdownTexts(text) : commentTexts(text);
  return texts.flatMap(cut).filter((sentence) => /[a-z]{2}/.test(sentence));
}
