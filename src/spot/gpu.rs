//! The many names of a GPU. Form factors (SXM, PCIe, NVL, bare metal) are one product here; memory tells the two A100 apart, and
//! "A100" alone means either, depending on who writes it.

use super::intake::Skip;
use crate::domain::spot::Gpu;

/// What a catalogue says of one machine's GPUs.
#[derive(Clone, Copy, Debug)]
pub struct Described<'a> {
    pub name: &'a str,
    pub instance: &'a str,
    /// Of one GPU, in GiB, if the catalogue tells.
    pub memory_gib: Option<u64>,
}

#[derive(Clone, Copy)]
enum Family {
    One(Gpu),
    A100,
}

/// First word of a name, in capitals. GH200 and GB200 are other machines and must not match.
const ALIASES: [(&str, Family); 16] = [
    ("H100", Family::One(Gpu::H100)),
    ("H100SXM", Family::One(Gpu::H100)),
    ("H100SXM5", Family::One(Gpu::H100)),
    ("H100PCIE", Family::One(Gpu::H100)),
    ("H100NVL", Family::One(Gpu::H100)),
    ("H200", Family::One(Gpu::H200)),
    ("H200SXM", Family::One(Gpu::H200)),
    ("H200SXM5", Family::One(Gpu::H200)),
    ("H200NVL", Family::One(Gpu::H200)),
    ("B200", Family::One(Gpu::B200)),
    ("B200SXM", Family::One(Gpu::B200)),
    ("B300", Family::One(Gpu::B300)),
    ("A100", Family::A100),
    ("A100SXM", Family::A100),
    ("A100SXM4", Family::A100),
    ("A100PCIE", Family::A100),
];

/// # Errors
/// The reason to skip the row.
pub fn recognise(described: Described<'_>) -> Result<Gpu, Skip> {
    let words = words(described.name);
    let mut words = words.iter().map(String::as_str).skip_while(|word| *word == "NVIDIA").peekable();
    let first = words.peek().copied().ok_or(Skip::NoAccelerator)?;
    match ALIASES.iter().find(|(alias, _)| *alias == first) {
        Some((_, Family::One(gpu))) => Ok(*gpu),
        Some((_, Family::A100)) => {
            let in_name = words.find_map(stated_memory);
            in_name
                .or_else(|| self::words(described.instance).iter().map(String::as_str).find_map(stated_memory))
                .or_else(|| described.memory_gib.and_then(a100))
                .ok_or(Skip::UnknownMemory)
        }
        None => Err(Skip::OtherAccelerator),
    }
}

fn words(name: &str) -> Vec<String> {
    let words = name.split(|char: char| !char.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_uppercase).collect()
}

/// `80GB`, `80G`.
fn stated_memory(word: &str) -> Option<Gpu> {
    let digits = word.strip_suffix("GB").or_else(|| word.strip_suffix('G'))?;
    a100(digits.parse().ok()?)
}

fn a100(gib: u64) -> Option<Gpu> {
    match gib {
        40 => Some(Gpu::A100With40),
        80 => Some(Gpu::A100With80),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_names_in_use() {
        let name = |name, instance, memory_gib| recognise(Described { name, instance, memory_gib });
        for h100 in [
            "H100",
            "h100-sxm",
            "H100-NVL",
            "H100_SXM5",
            "H100_PCIE_BAREMETAL",
            "H100-80G-PCIe-NVLink",
            "NVIDIA H100 80GB HBM3",
        ] {
            assert_eq!(name(h100, "", None), Ok(Gpu::H100), "{h100}");
        }
        assert_eq!(name("H200-SXM", "", None), Ok(Gpu::H200));
        assert_eq!(name("B300", "", None), Ok(Gpu::B300));
        for other in ["GH200", "GB200", "A10G", "H20", "RTX5090"] {
            assert_eq!(name(other, "", None), Err(Skip::OtherAccelerator), "{other}");
        }
        assert_eq!(name(" ", "", None), Err(Skip::NoAccelerator));
    }

    #[test]
    fn tells_the_a100_apart_by_memory() {
        let a100 = |name, instance, memory_gib| recognise(Described { name, instance, memory_gib });
        assert_eq!(a100("A100-80GB", "", Some(40)), Ok(Gpu::A100With80));
        assert_eq!(a100("A100-80GB-640GB", "", None), Ok(Gpu::A100With80));
        assert_eq!(a100("A100_80G_PCIE", "", None), Ok(Gpu::A100With80));
        assert_eq!(a100("A100", "seller__8xA100_40GB__124", Some(80)), Ok(Gpu::A100With40));
        assert_eq!(a100("A100", "a100-40gb.8x", None), Ok(Gpu::A100With40));
        assert_eq!(a100("A100", "x", Some(80)), Ok(Gpu::A100With80));
        assert_eq!(a100("A100", "x", Some(96)), Err(Skip::UnknownMemory));
        assert_eq!(a100("A100", "x", None), Err(Skip::UnknownMemory));
    }
}
