package main

// item is something that is charged for every day.
type item struct {
	resource string // the last part of the resource's name
	service  service
	account  account
	tags     string // JSON; "" when nobody tagged it
	daily    micro  // what an ordinary Wednesday costs at the start
	growth   int    // per mille a month
	weekend  int    // per cent of an ordinary day
	prepaid  bool   // covered by the commitment: nothing is billed, but its use still costs
}

// service is what the provider sells.
type service struct{ name, category, unit string }

// account is a part of the organisation with a bill of its own.
type account struct{ id, name string }

// items are ordered as they appear on each day of the bill.
func items() []item {
	var (
		compute  = service{"Amazon Elastic Compute Cloud", "Compute", "Hours"}
		database = service{"Amazon Relational Database Service", "Databases", "Hours"}
		cache    = service{"Amazon ElastiCache", "Databases", "Hours"}
		storage  = service{"Amazon Simple Storage Service", "Storage", "GB-Months"}
		queue    = service{"Amazon Managed Streaming for Apache Kafka", "Integration", "Hours"}
		search   = service{"Amazon OpenSearch Service", "Analytics", "Hours"}
		network  = service{"AWS Data Transfer", "Networking", "GB"}
		batch    = service{"AWS Glue", "Analytics", "DPU-Hours"}
		model    = service{"Amazon SageMaker", "AI and Machine Learning", "Hours"}
		shop     = account{"410023377001", "Shop"}
		money    = account{"410023377002", "Money"}
		base     = account{"410023377003", "Foundations"}
	)
	return []item{
		{"node/checkout", compute, shop, component("checkout"), dollars(41), 60, 128, true},
		{"transfer/checkout", network, shop, component("checkout"), dollars(6), 60, 131, false},
		{"node/checkout-outbox", compute, shop, component("checkout-outbox"), dollars(4), 10, 115, false},
		{"db/checkout", database, shop, component("resource:default/checkout-db"), dollars(33), 12, 100, false},
		{"cache/session", cache, shop, component("resource:session-cache"), dollars(14), 0, 100, false},
		{"node/cart-service", compute, shop, component("cart-service"), dollars(18), 35, 126, true},
		{"node/pricing-service", compute, shop, component("pricing-service"), dollars(22), 20, 118, false},
		{"node/storefront-web", compute, shop, component("storefront-web"), dollars(52), 25, 140, true},
		{"transfer/storefront-web", network, shop, component("storefront-web"), dollars(27), 45, 138, false},
		{"node/product-catalogue", compute, shop, component("product-catalogue"), dollars(24), 5, 112, false},
		{"db/catalogue", database, shop, component("resource:catalogue-db"), dollars(29), 5, 100, false},
		{"bucket/product-images", storage, shop, component("resource:product-images"), dollars(11), 70, 100, false},
		{"node/search-service", compute, shop, component("search-service"), dollars(20), 15, 122, false},
		{"domain/search-index", search, shop, component("resource:search-index"), dollars(38), 15, 100, false},
		{"node/payments-gateway", compute, money, component("payments-gateway"), dollars(31), 30, 121, true},
		{"node/ledger", compute, money, component("ledger"), dollars(12), 10, 104, false},
		{"node/refund-worker", compute, money, component("refund-worker"), dollars(3), -90, 70, false},
		{"db/payments", database, money, component("resource:payments-db"), dollars(46), 18, 100, false},
		{"node/fraud-scoring", compute, money, component("fraud-scoring"), dollars(35), 20, 119, false},
		{"endpoint/fraud-scoring", model, money, component("fraud-scoring"), dollars(58), 30, 119, false},
		{"node/fraud-review-desk", compute, money, component("fraud-review-desk"), dollars(5), 0, 40, false},
		{"vault/cards", database, money, component("resource:card-vault"), dollars(17), 4, 100, false},
		{"node/inventory", compute, shop, component("inventory"), dollars(21), 8, 92, false},
		{"db/inventory", database, shop, component("resource:inventory-db"), dollars(25), 8, 100, false},
		{"node/order-router", compute, shop, component("order-router"), dollars(9), 22, 95, false},
		{"node/parcel-tracker", compute, shop, component("parcel-tracker"), dollars(13), 110, 88, false},
		{"node/identity-service", compute, base, component("identity-service"), dollars(19), 12, 110, true},
		{"node/notification-service", compute, base, `{"Component": "Notification-Service", "environment": "production"}`, dollars(8), 12, 105, false},
		{"node/log-shipper", compute, base, component("log-shipper"), dollars(7), 10, 100, false},
		{"cluster/orders-topic", queue, base, component("resource:orders-topic"), dollars(43), 15, 100, false},
		{"job/sales-warehouse", batch, base, component("component:insights/sales-warehouse"), dollars(16), 40, 60, false},
		{"bucket/lake", storage, base, component("resource:insights/lake"), dollars(12), 55, 100, false},
		{"endpoint/recommender", model, base, component("airesource:insights/product-recommender"), dollars(36), 25, 125, false},
		{"node/load-generator", compute, base, `{"owner": "somebody", "environment": "staging"}`, dollars(6), 0, 30, false},
		{"bucket/old-exports", storage, base, "", dollars(9), 8, 100, false},
		{"transfer/shared", network, base, "", dollars(21), 20, 120, false},
	}
}

// component is the tag that the portal's cost rules read: a component's name, or a whole entity reference.
func component(ref string) string {
	return `{"component": "` + ref + `", "environment": "production"}`
}
