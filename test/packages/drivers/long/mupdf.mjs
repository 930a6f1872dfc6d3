// A PDF that the package mupdf makes and reads again.
import * as mupdf from 'mupdf';

export const answer = { pages: 1, text: 'Hello from mupdf' };

export async function run() {
  const made = new mupdf.PDFDocument();
  const font = made.addSimpleFont(new mupdf.Font('Times-Roman'));
  const resources = made.addObject({ Font: { F1: font } });
  made.insertPage(-1, made.addPage([0, 0, 200, 200], 0, resources, 'BT /F1 16 Tf 20 100 Td (Hello from mupdf) Tj ET'));
  const read = mupdf.Document.openDocument(made.saveToBuffer('').asUint8Array(), 'application/pdf');
  const text = read.loadPage(0).toStructuredText('').asText().trim();
  return { pages: read.countPages(), text };
}
