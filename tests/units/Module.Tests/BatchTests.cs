using System.Management.Automation;
using Upscale.Module.Tests.Hosting;

namespace Upscale.Module.Tests;

/// <summary>Runs over many pictures: what exists already, folders, several results a picture, journal and report.</summary>
public sealed class BatchTests : IDisposable
{
    private const string Double = "Invoke-Upscale -Stage interpolation -Scale 2";

    private readonly ModuleSession _session = new();
    private readonly PictureFolder _folder = new();

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void What_exists_is_skipped_without_a_word_or_told_as_a_result_when_asked()
    {
        (string, object?) source = ("Path", _folder.AddPhotograph("cat.png"));
        File.WriteAllText(_folder["cat_2x.png"], "old");

        Assert.Empty(_session.Run($"param($Path) {Double} $Path -Existing Skip", source).AssertNoErrors().Output);
        RunRecord told = _session.Run($"param($Path) {Double} $Path -Existing Skip -PassThru -Verbose", source).AssertNoErrors();

        Assert.Equal(["Skipped"], told.Values<string>("State"));
        Assert.Equal([_folder["cat_2x.png"]], told.Values<string>("Path"));
        Assert.Contains(told.Verbose, v => v.StartsWith("cat.png is skipped: ", StringComparison.Ordinal));
        Assert.Equal("old", File.ReadAllText(_folder["cat_2x.png"]));
    }

    [Fact]
    public void What_exists_is_left_beside_a_new_name_or_replaced_when_asked()
    {
        (string, object?) source = ("Path", _folder.AddPhotograph("cat.png"));
        File.WriteAllText(_folder["cat_2x.png"], "old");
        Assert.Equal([_folder["cat_2x-2.png"]], _session.Run($"param($Path) {Double} $Path -Existing Rename", source).AssertNoErrors().Values<string>("Path"));
        Assert.Equal("old", File.ReadAllText(_folder["cat_2x.png"]));
        Assert.Equal(["Done"], _session.Run($"param($Path) {Double} $Path -Existing Replace -Force", source).AssertNoErrors().Values<string>("State"));
        Assert.Equal((212, 148), PictureFolder.SizeOfPng(_folder["cat_2x.png"]));
    }

    [Fact]
    public void Force_and_another_policy_contradict_each_other()
    {
        RunRecord run = _session.Run($"param($Path) {Double} $Path -Force -Existing Skip", ("Path", _folder.AddPhotograph("cat.png")));
        run.AssertError("OptionInvalid");
        Assert.True(run.Terminated);
        Assert.Equal(["cat.png"], _folder.Names);
    }

    [Fact]
    public void Several_scales_and_networks_make_every_combination()
    {
        RunRecord run = _session.Run(
            "param($Path) Invoke-Upscale $Path -Model (Get-UpscaleModel anime4k-cnn-2x-l-an), waifu2x-cunet-noise1 -Scale 2, 1.5", ("Path", _folder.AddPhotograph("cat.png"))).AssertNoErrors();
        Assert.Equal(
            ["cat_2x_anime4k-cnn-2x-l-an.png", "cat_1.5x_anime4k-cnn-2x-l-an.png", "cat_2x_waifu2x-cunet-noise1.png", "cat_1.5x_waifu2x-cunet-noise1.png"],
            run.Values<string>("Path").Select(p => Path.GetFileName(p)));
    }

    [Fact]
    public void A_folder_is_taken_with_all_below_it_only_when_asked_and_its_tree_is_kept()
    {
        AddTree();
        (string, object?)[] parameters = [("Path", _folder["in"]), ("Folder", _folder["in/out"])];

        RunRecord refused = _session.Run($"param($Path, $Folder) {Double} $Path -Destination $Folder", parameters);
        Assert.Contains("-Recurse", refused.AssertError("FileOpenFailed").ToString(), StringComparison.Ordinal);
        Assert.False(refused.Terminated);

        string[] results = [_folder["in/out/a_2x.png"], _folder["in/out/sub [1]/a_2x.png"], _folder["in/out/sub [1]/deep/a_2x.png"]];
        foreach (string how in new[] { "{0} $Path -Recurse", "{0} -LiteralPath $Path -Recurse", "$Path | {0} -Recurse", "$ExecutionContext.InvokeProvider.Item.Get($Path) | {0} -Recurse" })
        {
            string script = string.Format(System.Globalization.CultureInfo.InvariantCulture, how, Double);
            Assert.Equal(results, _session.Run($"param($Path, $Folder) {script} -Destination $Folder -Existing Replace", parameters).AssertNoErrors().Values<string>("Path"));
        }
    }

    [Fact]
    public void Pictures_that_are_piped_in_keep_their_place_below_the_folder_that_is_named()
    {
        AddTree();
        (string, object?)[] parameters = [("Path", new[] { _folder["in/a.png"], _folder["in/sub [1]/deep/a.png"] }), ("Top", _folder["in"]), ("Folder", _folder["out"])];
        const string Script = $"param($Path, $Top, $Folder) $Path | ForEach-Object {{ [System.IO.FileInfo]::new($_) }} | {Double}";
        Assert.Equal(
            [_folder["out/a_2x.png"], _folder["out/sub [1]/deep/a_2x.png"]],
            _session.Run($"{Script} -Destination $Folder -RelativeTo $Top", parameters).AssertNoErrors().Values<string>("Path"));

        RunRecord outside = _session.Run($"{Script} -Destination $Folder -RelativeTo ($Top + '/sub [1]') -Existing Replace", parameters);
        Assert.Contains(_folder["in/a.png"], outside.AssertError("OptionInvalid").ToString(), StringComparison.Ordinal);
        Assert.Equal([_folder["out/deep/a_2x.png"]], outside.Values<string>("Path"));

        RunRecord without = _session.Run($"{Script} -RelativeTo $Top", parameters);
        Assert.True(without.Terminated);
        without.AssertError("OptionInvalid");
    }

    [Fact]
    public void Wildcards_name_folders_too_when_they_are_searched()
    {
        AddTree();
        RunRecord run = _session.Run($"param($Path) {Double} $Path -Recurse", ("Path", _folder["i?"])).AssertNoErrors();
        Assert.Equal(3, run.Output.Length);
    }

    [Fact]
    public void A_picture_that_is_named_twice_is_made_once()
    {
        AddTree();
        RunRecord run = _session.Run($"param($Path) $Path | {Double} -Recurse", ("Path", new[] { _folder["in"], _folder["in/a.png"], _folder["in/sub [1]"] })).AssertNoErrors();
        Assert.Equal(3, run.Output.Length);
    }

    [Fact]
    public void A_folder_without_pictures_is_an_error_with_its_name()
    {
        Directory.CreateDirectory(_folder["empty"]);
        Assert.Equal(_folder["empty"], _session.Run($"param($Path) {Double} $Path -Recurse", ("Path", _folder["empty"])).AssertError("FileNotFound").TargetObject);
    }

    [Fact]
    public void A_run_that_is_started_again_with_its_journal_does_the_rest()
    {
        string[] sources = [_folder.AddPhotograph("a.png"), _folder.AddTruncated("b.png")];
        string script = $"param($Path, $Journal) {Double} $Path -Journal $Journal -PassThru";
        (string, object?)[] parameters = [("Path", sources), ("Journal", _folder["run.jsonl"])];

        _session.Run(script, parameters).AssertError("ImageCorrupt");
        File.Delete(sources[1]);
        _folder.AddPhotograph("b.png");
        Assert.Equal(["Skipped", "Done"], _session.Run(script, parameters).AssertNoErrors().Values<string>("State"));
        Assert.Equal(["Skipped", "Skipped"], _session.Run(script, parameters).AssertNoErrors().Values<string>("State"));
    }

    [Fact]
    public void Results_beside_their_sources_are_no_sources_of_the_next_run()
    {
        AddTree();
        string script = $"param($Path, $Journal) {Double} $Path -Recurse -Journal $Journal -PassThru -Verbose";
        (string, object?)[] parameters = [("Path", _folder["in"]), ("Journal", _folder["run.jsonl"])];
        _session.Run(script, parameters).AssertNoErrors();
        RunRecord again = _session.Run(script, parameters).AssertNoErrors();
        Assert.Equal(["Skipped", "Skipped", "Skipped"], again.Values<string>("State"));
        Assert.Contains(again.Verbose, v => v.Contains("a_2x.png is a result", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("-WhatIf")]
    [InlineData("-Confirm:$false -WhatIf:$true")]
    [InlineData("")]
    public void WhatIf_touches_neither_journal_nor_report_and_knows_what_is_done(string how)
    {
        string[] sources = [_folder.AddPhotograph("a.png"), _folder.AddPhotograph("b.png")];
        (string, object?)[] parameters = [("Path", sources), ("Journal", _folder["run.jsonl"]), ("Report", _folder["report.html"])];
        string script = $"param($Path, $Journal, $Report) $WhatIfPreference = {(how.Length == 0 ? "$true" : "$false")}; $Path | {Double} -Journal $Journal -Report $Report {how}";

        _session.Run(script, parameters).AssertNoErrors();
        Assert.Equal(["a.png", "b.png"], _folder.Names);

        _session.Run($"param($Path, $Journal) {Double} $Path[0] -Journal $Journal", parameters[..2]).AssertNoErrors();
        byte[] journal = File.ReadAllBytes(_folder["run.jsonl"]);
        int shown = _session.Host.Screen.Text.Length;
        _session.Run(script, parameters).AssertNoErrors();
        Assert.Equal(["a.png", "a_2x.png", "b.png", "run.jsonl"], _folder.Names);
        Assert.Equal(journal, File.ReadAllBytes(_folder["run.jsonl"]));
        string told = _session.Host.Screen.Text[shown..];
        Assert.Contains("b_2x.png", told, StringComparison.Ordinal);
        Assert.DoesNotContain("a_2x.png", told, StringComparison.Ordinal);
    }

    [Fact]
    public void A_journal_in_use_ends_the_command()
    {
        string[] sources = [_folder.AddPhotograph("a.png"), _folder.AddPhotograph("b.png")];
        RunRecord run = _session.Run(
            $"param($Path, $Journal) $Path | {Double} -Journal $Journal | ForEach-Object {{ Invoke-Upscale $_.Path -Stage interpolation -Scale 2 -Journal $Journal }}",
            ("Path", sources),
            ("Journal", _folder["run.jsonl"]));
        ErrorRecord error = run.AssertError("JournalInUse");
        Assert.Equal(ErrorCategory.ResourceBusy, error.CategoryInfo.Category);
        Assert.True(run.Terminated);
    }

    [Fact]
    public void A_file_that_is_no_journal_ends_the_command_and_stays_as_it_is()
    {
        string source = _folder.AddPhotograph("a.png");
        byte[] before = File.ReadAllBytes(source);
        RunRecord run = _session.Run($"param($Path) {Double} $Path -Journal $Path", ("Path", source));
        Assert.Equal(ErrorCategory.InvalidData, run.AssertError("JournalInvalid").CategoryInfo.Category);
        Assert.True(run.Terminated);
        Assert.Equal(before, File.ReadAllBytes(source));
    }

    [Fact]
    public void A_report_is_written_at_the_end_relative_to_the_sessions_location()
    {
        string[] sources = [_folder.AddPhotograph("a.png"), _folder.AddTruncated("b.png")];
        _session.GoTo(_folder.Path);
        _session.Run($"param($Path) {Double} $Path -Report page.html", ("Path", sources)).AssertError("ImageCorrupt");
        Assert.Contains("2 pictures: 1 done, 1 failed, 0 skipped", File.ReadAllText(_folder["page.html"]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_is_left_early_leaves_a_report_and_a_journal_that_can_be_used()
    {
        string[] sources = [.. Enumerable.Range(0, 5).Select(i => _folder.AddPhotograph($"{i}.png"))];
        (string, object?)[] parameters = [("Path", sources), ("Journal", _folder["run.jsonl"]), ("Report", _folder["page.html"])];
        string run = $"$Path | {Double} -ThrottleLimit 1 -Journal $Journal -Report $Report";

        _session.Run($"param($Path, $Journal, $Report) do {{ {run} | ForEach-Object {{ break }} }} while ($false)", parameters).AssertNoErrors();

        Assert.Contains("ended early", File.ReadAllText(_folder["page.html"]), StringComparison.Ordinal);
        RunRecord rest = _session.Run($"param($Path, $Journal, $Report) {run} -PassThru", parameters).AssertNoErrors();
        Assert.Equal(5, rest.Output.Length);
        Assert.Equal("Skipped", rest.Values<string>("State")[0]);
        Assert.DoesNotContain("ended early", File.ReadAllText(_folder["page.html"]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_of_250_bytes_is_taken_and_kept()
    {
        string source = _folder.AddPhotograph(string.Concat(Enumerable.Repeat("\u65e5\u672c\u8a9e", 27)) + "a.b.png");
        Assert.Equal(250, System.Text.Encoding.UTF8.GetByteCount(Path.GetFileName(source)));
        RunRecord run = _session.Run($"param($Path) {Double} $Path", ("Path", source)).AssertNoErrors();
        Assert.Equal([Path.ChangeExtension(source, null) + "_2x.png"], run.Values<string>("Path"));
    }

    [Fact]
    public void A_skipped_result_is_shown_as_such()
    {
        File.WriteAllText(_folder["cat_2x.png"], "old");
        _session.Run($"param($Path) {Double} $Path -Existing Skip -PassThru | Out-Default", ("Path", _folder.AddPhotograph("cat.png"))).AssertNoErrors();
        Assert.Matches(@"212 x 148\s+2x\s+Cpu\s+skipped\s+\S*cat_2x\.png", _session.Host.Screen.Text);
    }

    private void AddTree()
    {
        Directory.CreateDirectory(_folder["in/sub [1]/deep"]);
        _folder.AddPhotograph("in/a.png");
        _folder.AddPhotograph("in/sub [1]/a.png");
        _folder.AddPhotograph("in/sub [1]/deep/a.png");
        File.WriteAllText(_folder["in/notes.txt"], "no picture");
    }
}
