// Lays out a graph with Netron's own code: node netron_layout.mjs DAGRE_JS < graph.json > result.json
// The settings are those of Netron's grapher.js: gaps of 20, the quick ranker above 3,000 nodes.
import { pathToFileURL } from 'node:url';
import { readFileSync } from 'node:fs';

const dagre = await import(pathToFileURL(process.argv[2]).href);
const { nodes, edges } = JSON.parse(readFileSync(0, 'utf8'));
const layout = { nodesep: 20, ranksep: 20 };
if (nodes.length > 3000) {
    layout.ranker = 'longest-path';
}
const start = performance.now();
dagre.layout(nodes, edges, layout, {});
const seconds = (performance.now() - start) / 1000;
const boxes = nodes.map((n) => [n.x - n.width / 2, n.y - n.height / 2, n.width, n.height]);
const routes = edges.map((e) => e.points.map((p) => [p.x, p.y]));
process.stdout.write(JSON.stringify({ seconds, boxes, routes }));
