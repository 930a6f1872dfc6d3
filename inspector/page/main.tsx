// The inspector's page: puts the application into the document. Refuses nothing.
import { render } from 'preact';
import { App } from './app.js';

render(<App />, document.getElementById('app')!);
