//! List prices on their way through core: published as they come, a refresh passed on once.

use std::sync::Arc;
use std::time::Duration;

use tenor::core::Input;
use tenor::domain::command::Intent;
use tenor::domain::price_list::{PriceAsk, PriceList, PriceNews, Progress, Refresh, RentalPrices};
use tenor::view::session::Severity;

use super::core_rig::Rig;

const REFRESH: PriceAsk = PriceAsk::Refresh(PriceList::Rental);

#[test]
fn prices_are_published_as_they_come() {
    let mut rig = Rig::new();
    assert_eq!(rig.view.spot.rental, None);
    let prices = Arc::new(RentalPrices::default());
    rig.step(Input::Prices(PriceNews::Rental(prices.clone())));
    rig.wait(Duration::from_millis(20));
    assert!(Arc::ptr_eq(rig.view.spot.rental.as_ref().unwrap(), &prices));
    let digest = rig.core.digest();
    rig.step(Input::Prices(PriceNews::Unusable("No such file.".into())));
    rig.wait(Duration::from_millis(20));
    let notice = rig.view.notices.since(0).last().unwrap();
    assert_eq!((&*notice.text, notice.severity), ("No such file.", Severity::Error));
    assert_eq!(rig.core.digest(), digest, "no business depends on them");
}

#[test]
fn a_refresh_is_passed_on_once_and_cancelled_only_while_it_runs() {
    let mut rig = Rig::new();
    rig.intent(Intent::Prices(PriceAsk::Cancel(PriceList::Rental)));
    assert!(rig.fx.prices.is_empty(), "nothing runs");
    rig.intent(Intent::Prices(REFRESH));
    rig.intent(Intent::Prices(REFRESH));
    assert_eq!(rig.fx.prices, [REFRESH]);
    assert_eq!(rig.view.spot.refresh(PriceList::Rental), &Refresh::Running(Progress::default()), "seen at once");
    assert_eq!(rig.view.spot.refresh(PriceList::Tokens), &Refresh::Idle);
    rig.intent(Intent::Prices(PriceAsk::Cancel(PriceList::Rental)));
    assert_eq!(rig.fx.prices, [REFRESH, PriceAsk::Cancel(PriceList::Rental)]);
    let why: Arc<str> = "The rental prices are those from before: cancelled.".into();
    rig.step(Input::Prices(PriceNews::Refresh(PriceList::Rental, Refresh::Failed(why.clone()))));
    rig.wait(Duration::from_millis(20));
    assert_eq!(rig.view.spot.refresh(PriceList::Rental), &Refresh::Failed(why.clone()));
    assert_eq!(rig.view.notices.since(0).last().unwrap().text, why);
    rig.intent(Intent::Prices(REFRESH));
    assert_eq!(rig.fx.prices.len(), 3, "again after it has failed");
}
