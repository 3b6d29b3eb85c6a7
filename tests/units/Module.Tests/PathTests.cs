using System.Management.Automation;
using Upscale.Module.Tests.Hosting;

namespace Upscale.Module.Tests;

public sealed class PathTests : IDisposable
{
    private const string Double = "Invoke-Upscale -Stage interpolation -Scale 2";

    private readonly ModuleSession _session = new();
    private readonly PictureFolder _folder = new();

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    public static TheoryData<string> AwkwardNames => new(
        "[1].png", "a[b]c.png", "it's.png", "two  blanks.png", "\u05ea\u05de\u05d5\u05e0\u05d4 \u56f3 [1] \u00e9.png", "`tick`.png", "$dollar & co;.png", "-dash.png");

    [Theory]
    [MemberData(nameof(AwkwardNames))]
    public void A_name_is_taken_literally_where_it_is_given_literally(string name)
    {
        string source = _folder.AddPhotograph(name);
        RunRecord run = _session.Run($"param($Path) {Double} -LiteralPath $Path", ("Path", source)).AssertNoErrors();
        Assert.Equal([source], run.Values<string>("Source"));
        Assert.True(File.Exists(Assert.Single(run.Values<string>("Path"))));
    }

    [Theory]
    [MemberData(nameof(AwkwardNames))]
    public void A_file_from_the_file_system_provider_pipes_in_whatever_its_name(string name)
    {
        string source = _folder.AddPhotograph(name);
        RunRecord run = _session.Run($"param($Folder) $ExecutionContext.InvokeProvider.ChildItem.Get($Folder, $false) | {Double}", ("Folder", _folder.Path)).AssertNoErrors();
        Assert.Equal([source], run.Values<string>("Source"));
    }

    [Theory]
    [MemberData(nameof(AwkwardNames))]
    public void A_result_pipes_on_whatever_its_name(string name)
    {
        _folder.AddPhotograph(name);
        RunRecord run = _session.Run($"param($Path) {Double} -LiteralPath $Path | Invoke-Upscale -Stage interpolation -Scale 0.5 -NameFormat '{{name}}-back'", ("Path", _folder[name])).AssertNoErrors();
        Assert.Equal([106], run.Values<int>("Width"));
        Assert.Equal([_folder[Path.GetFileNameWithoutExtension(name) + "_2x.png"]], run.Values<string>("Source"));
    }

    [Fact]
    public void A_result_that_comes_back_from_a_job_pipes_on()
    {
        _folder.AddPhotograph("cat [1].png");
        const string Script = $$"""
            param($Path)
            $result = {{Double}} -LiteralPath $Path
            $result = [System.Management.Automation.PSSerializer]::Deserialize([System.Management.Automation.PSSerializer]::Serialize($result))
            $result | Invoke-Upscale -Stage interpolation -Scale 0.5
            """;
        Assert.Equal([_folder["cat [1]_2x.png"]], _session.Run(Script, ("Path", _folder["cat [1].png"])).AssertNoErrors().Values<string>("Source"));
    }

    [Fact]
    public void FileInfo_objects_without_provider_properties_pipe_in()
    {
        string source = _folder.AddPhotograph("cat [1].png");
        Assert.Equal([source], _session.Run($"param($Path) [System.IO.FileInfo]::new($Path) | {Double}", ("Path", source)).AssertNoErrors().Values<string>("Source"));
    }

    [Fact]
    public void Wildcards_name_pictures_in_sorted_order_and_leave_folders_out()
    {
        string[] expected = [_folder.AddPhotograph("a.png"), _folder.AddPhotograph("b.png"), _folder.AddPhotograph("c.png")];
        Directory.CreateDirectory(_folder["d.png"]);
        _folder.AddPhotograph("other.jpg");
        Assert.Equal(expected, _session.Run($"param($Path) {Double} $Path", ("Path", _folder["?.png"])).AssertNoErrors().Values<string>("Source"));
    }

    [Fact]
    public void Brackets_are_wildcards_where_no_file_has_that_name()
    {
        string[] expected = [_folder.AddPhotograph("a1.png"), _folder.AddPhotograph("a2.png")];
        Assert.Equal(expected, _session.Run($"param($Path) {Double} $Path", ("Path", _folder["a[12].png"])).AssertNoErrors().Values<string>("Source"));
    }

    [Fact]
    public void Relative_paths_start_at_the_sessions_location()
    {
        _folder.AddPhotograph("cat.png");
        _session.GoTo(_folder.Path);
        RunRecord run = _session.Run($"{Double} ./cat.png -Destination out").AssertNoErrors();
        Assert.Equal([_folder["out/cat_2x.png"]], run.Values<string>("Path"));
        Assert.NotEqual(_folder.Path, Environment.CurrentDirectory);
    }

    [Fact]
    public void A_path_outside_the_file_system_is_an_error()
    {
        ErrorRecord error = _session.Run($"{Double} Env:PATH").AssertError("PathNotFileSystem");
        Assert.Equal(ErrorCategory.InvalidArgument, error.CategoryInfo.Category);
        Assert.Equal("Env:PATH", error.TargetObject);
    }

    [Fact]
    public void A_destination_outside_the_file_system_ends_the_command()
    {
        RunRecord run = _session.Run($"param($Path) $Path | {Double} -Destination Env:", ("Path", new[] { _folder.AddPhotograph("a.png"), _folder.AddPhotograph("b.png") }));
        run.AssertError("PathNotFileSystem");
        Assert.True(run.Terminated);
    }
}
