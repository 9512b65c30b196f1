// Starts GraphiQL against the URL that the page came from: queries and mutations over HTTP, subscriptions over a
// websocket. The headers of the editor's tab are sent as the payload of the socket's connection_init too.
(function () {
  'use strict';
  var place = document.getElementById('graphiql');
  var endpoint = window.location.origin + window.location.pathname;
  var headers = {};
  var client = graphqlWs.createClient({
    url: endpoint.replace(/^http/, 'ws'),
    lazy: true,
    connectionParams: function () { return headers; },
  });
  var fetcher = GraphiQL.createFetcher({ url: endpoint, wsClient: client });
  var graphiql = React.createElement(GraphiQL, {
    fetcher: function (parameters, options) {
      headers = (options && options.headers) || {};
      return fetcher(parameters, options);
    },
    defaultQuery: place.dataset.query,
    defaultEditorToolsVisibility: true,
    shouldPersistHeaders: false,
  });
  ReactDOM.createRoot(place).render(graphiql);
})();
